package dev.coracle.cluster;

import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.DefaultTolerationSeconds;
import dev.coracle.admission.LimitRanger;
import dev.coracle.admission.MeasuredAdmission;
import dev.coracle.admission.NamespaceLifecycle;
import dev.coracle.admission.NodeAudiences;
import dev.coracle.admission.NodeRestriction;
import dev.coracle.admission.PodSecurity;
import dev.coracle.admission.PriorityAdmission;
import dev.coracle.admission.ResourceQuotaAdmission;
import dev.coracle.admission.ServiceAccountAdmission;
import dev.coracle.admission.StorageObjectInUseProtection;
import dev.coracle.admission.ValidatingAdmissionPolicies;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import dev.coracle.auth.certificates.SigningRequest;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.metrics.Metrics;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Supplier;

/** Admission, put together: the plugins in the order in which Kubernetes asks them. */
final class Admission {

  private final ResourceQuotaAdmission quota;
  private final ValidatingAdmissionPolicies policies;
  private final AdmissionHook chain;

  /**
   * @param client the API as the API server itself, usable once that has started
   */
  Admission(Supplier<Client> client, Auth auth, Metrics metrics) {
    quota = new ResourceQuotaAdmission(client);
    policies = new ValidatingAdmissionPolicies(client);
    chain =
        MeasuredAdmission.of(
            metrics,
            List.of(
                escalation(auth),
                new NamespaceLifecycle(client),
                new LimitRanger(client),
                new ServiceAccountAdmission(client, new SecureRandom()),
                new NodeRestriction(
                    client,
                    new NodeAudiences(client, auth::mayRequestAudience),
                    request -> SigningRequest.parse(request).commonName()),
                new PriorityAdmission(client),
                new DefaultTolerationSeconds(),
                new PodSecurity(client),
                new StorageObjectInUseProtection(),
                policies,
                quota));
  }

  /** Knows the stored objects that it decides by when this returns. */
  void start(Informers informers) throws InterruptedException {
    quota.start(informers);
    policies.start(informers);
  }

  AdmissionHook chain() {
    return chain;
  }

  /** Not a plugin of Kubernetes, which checks this in its RBAC storage, just as early. */
  private static AdmissionPlugin escalation(Auth auth) {
    return new AdmissionPlugin() {
      @Override
      public String name() {
        return "RBACEscalation";
      }

      @Override
      public void admit(AdmissionAttributes attributes) {
        auth.checkEscalation(attributes);
      }
    };
  }
}
