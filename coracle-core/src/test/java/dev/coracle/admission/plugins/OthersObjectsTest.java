package dev.coracle.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.admission.AdmissionConfiguration;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.podsecurity.PodSecurity;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import dev.coracle.schema.cel.AccessCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A plugin that is on by default makes no tree of an object that is none of its business. */
class OthersObjectsTest {

  private static final Supplier<Client> NOBODY =
      () -> {
        throw new AssertionError("a Lease is nobody's business");
      };
  private static final AccessCheck ACCESS = question -> new AccessCheck.Answer(false, "", "");

  static List<AdmissionPlugin> plugins() {
    return List.of(
        new ServiceAccountAdmission(NOBODY, new Random(1), Duration.ZERO),
        new LimitRanger(NOBODY),
        new TaintNodesByCondition(),
        new PodSecurity(NOBODY, AdmissionConfiguration.NONE.of("PodSecurity")),
        new PriorityAdmission(NOBODY),
        new DefaultTolerationSeconds(),
        new StorageObjectInUseProtection(),
        new PersistentVolumeClaimResize(NOBODY),
        new RuntimeClassAdmission(NOBODY),
        new DefaultStorageClass(NOBODY),
        new DefaultIngressClass(NOBODY),
        new PodTopologyLabels(NOBODY),
        CertificateAdmission.approval(ACCESS),
        CertificateAdmission.signing(ACCESS),
        CertificateAdmission.subject(request -> List.of()));
  }

  @ParameterizedTest
  @MethodSource("plugins")
  void updateOfALease_anyPlugin_doesNotLook(AdmissionPlugin plugin) {
    AdmissionAttributes.Body body = AdmissionAttributes.Body.later(Json::object);
    AdmissionAttributes attributes =
        new AdmissionAttributes(
            Operation.UPDATE,
            new GroupVersionKind("coordination.k8s.io", "v1", "Lease"),
            GroupVersionResource.of("coordination.k8s.io", "v1", "leases"),
            "",
            "kube-node-lease",
            "n",
            body,
            KubeObject.of(Json.object().put("kind", "Lease")),
            null,
            UserInfo.of("kubelet"),
            false,
            new ArrayList<>(),
            new HashMap<>());
    plugin.admit(attributes);
    plugin.validate(attributes);
    assertThat(body.isAsked()).as(plugin.name()).isFalse();
  }
}
