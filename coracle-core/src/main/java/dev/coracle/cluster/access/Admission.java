package dev.coracle.cluster.access;

import dev.coracle.admission.AdmissionConfiguration;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.MeasuredAdmission;
import dev.coracle.admission.PluginOrder;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.admission.node.NodeAudiences;
import dev.coracle.admission.node.NodeRestriction;
import dev.coracle.admission.plugins.CertificateAdmission;
import dev.coracle.admission.plugins.DefaultIngressClass;
import dev.coracle.admission.plugins.DefaultStorageClass;
import dev.coracle.admission.plugins.DefaultTolerationSeconds;
import dev.coracle.admission.plugins.LimitRanger;
import dev.coracle.admission.plugins.NamespaceLifecycle;
import dev.coracle.admission.plugins.OwnerReferencesPermissionEnforcement;
import dev.coracle.admission.plugins.PersistentVolumeClaimResize;
import dev.coracle.admission.plugins.PodTopologyLabels;
import dev.coracle.admission.plugins.PriorityAdmission;
import dev.coracle.admission.plugins.ResourceQuotaAdmission;
import dev.coracle.admission.plugins.RuntimeClassAdmission;
import dev.coracle.admission.plugins.ServiceAccountAdmission;
import dev.coracle.admission.plugins.SimplePlugins;
import dev.coracle.admission.plugins.StorageObjectInUseProtection;
import dev.coracle.admission.plugins.TaintNodesByCondition;
import dev.coracle.admission.podsecurity.PodSecurity;
import dev.coracle.admission.policy.MutatingPolicies;
import dev.coracle.admission.policy.PolicyTypeChecker;
import dev.coracle.admission.policy.ValidatingPolicies;
import dev.coracle.admission.webhook.MutatingWebhooks;
import dev.coracle.admission.webhook.ValidatingWebhooks;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.ServedResources;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.certificates.SigningRequest;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.webhook.ApiServiceResolver;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.cluster.options.AdmissionOptions;
import dev.coracle.cluster.start.StartException;
import dev.coracle.metrics.Metrics;
import dev.coracle.schema.Schema;
import dev.coracle.schema.cel.AccessCheck;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Admission, put together: the plugins in the order in which Kubernetes asks them. */
public final class Admission implements AutoCloseable {

  private final ResourceQuotaAdmission quota;
  private final WebhookClient webhooks;
  private final Supplier<ServedResources> served;
  private final Function<GroupVersionKind, @Nullable Schema> schemas;
  private final AdmissionHook chain;

  /**
   * @param client the API as the API server itself, usable once that has started
   * @param served what is served, usable then as well
   * @param schemas of the kinds that are served
   * @throws StartException when an option or a file that it names cannot be used
   */
  public Admission(
      Supplier<Client> client,
      Auth auth,
      Supplier<ServedResources> served,
      Function<GroupVersionKind, @Nullable Schema> schemas,
      Metrics metrics,
      AdmissionOptions options) {
    this.served = served;
    this.schemas = schemas;
    webhooks = new WebhookClient(new ApiServiceResolver(client), "kube-apiserver-admission");
    AdmissionRules rules = new AdmissionRules(client, served);
    AccessCheck access = access(auth.authorizer());
    MatchConditions conditions = new MatchConditions(access);
    Set<String> chosen;
    AdmissionConfiguration configuration;
    try {
      chosen = PluginOrder.chosen(options.enabled(), options.disabled());
      configuration =
          options.config() == null
              ? AdmissionConfiguration.NONE
              : AdmissionConfiguration.read(options.config());
    } catch (IllegalArgumentException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
    quota = new ResourceQuotaAdmission(client, configuration.of("ResourceQuota"));
    List<AdmissionPlugin> plugins =
        new ArrayList<>(
            List.of(
                escalation(auth),
                new NamespaceLifecycle(client),
                new LimitRanger(client),
                new ServiceAccountAdmission(
                    client, new SecureRandom(), ServiceAccountAdmission.PATIENCE),
                new NodeRestriction(
                    client,
                    new NodeAudiences(client, auth::mayRequestAudience),
                    request -> SigningRequest.parse(request).commonName()),
                new PriorityAdmission(client),
                new DefaultTolerationSeconds(),
                new PodSecurity(client, configuration.of("PodSecurity")),
                new DefaultStorageClass(client),
                new StorageObjectInUseProtection(),
                CertificateAdmission.approval(access),
                CertificateAdmission.signing(access),
                CertificateAdmission.subject(
                    request -> SigningRequest.parse(request).organizations()),
                new MutatingPolicies(client, rules, access, schemas),
                new MutatingWebhooks(rules, conditions, webhooks),
                new ValidatingPolicies(client, rules, access),
                new ValidatingWebhooks(rules, conditions, webhooks),
                new TaintNodesByCondition(),
                new OwnerReferencesPermissionEnforcement(served, access),
                new PersistentVolumeClaimResize(client),
                new RuntimeClassAdmission(client),
                new DefaultIngressClass(client),
                new PodTopologyLabels(client),
                SimplePlugins.alwaysAdmit(),
                SimplePlugins.alwaysDeny(),
                SimplePlugins.alwaysPullImages(),
                SimplePlugins.namespaceAutoProvision(client),
                SimplePlugins.namespaceExists(client),
                SimplePlugins.limitPodHardAntiAffinityTopology(),
                SimplePlugins.extendedResourceToleration(),
                quota));
    chain = MeasuredAdmission.of(metrics, PluginOrder.arranged(plugins, chosen));
  }

  /** Knows the stored objects that it decides by when this returns. */
  public void start(Informers informers) throws InterruptedException {
    quota.start(informers);
  }

  /** Checks the types of policies' expressions from now on. */
  public PolicyTypeChecker checkTypes(Client client, Informers informers, Clock clock) {
    PolicyTypeChecker checker = new PolicyTypeChecker(client, served, schemas, clock);
    checker.start(informers);
    return checker;
  }

  @Override
  public void close() {
    webhooks.close();
  }

  /** The variable {@code authorizer} of expressions, answered by this server's authorizers. */
  private static AccessCheck access(Authorizer authorizer) {
    return question -> {
      Authorizer.Answer answer =
          authorizer.authorize(
              question.path().isEmpty()
                  ? AuthorizationAttributes.resource(
                      question.user(),
                      question.verb(),
                      GroupVersionResource.of(
                          question.apiGroup(), question.apiVersion(), question.resource()),
                      question.subresource(),
                      question.namespace(),
                      question.name())
                  : AuthorizationAttributes.nonResource(
                      question.user(), question.verb(), question.path()));
      return new AccessCheck.Answer(answer.allowed(), answer.reason(), "");
    };
  }

  public AdmissionHook chain() {
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
