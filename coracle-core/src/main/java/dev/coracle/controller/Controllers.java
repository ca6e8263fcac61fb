package dev.coracle.controller;

import dev.coracle.api.Clock;
import dev.coracle.client.AddressPool;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.NodeRanges;
import dev.coracle.controller.ControllerManager.Factory;
import dev.coracle.controller.bootstrap.BootstrapSigner;
import dev.coracle.controller.bootstrap.TokenCleaner;
import dev.coracle.controller.certificates.ApprovingController;
import dev.coracle.controller.certificates.Authority;
import dev.coracle.controller.certificates.CleanerController;
import dev.coracle.controller.certificates.SigningController;
import dev.coracle.controller.clusterroleaggregation.ClusterRoleAggregationController;
import dev.coracle.controller.cronjob.CronJobController;
import dev.coracle.controller.daemonset.DaemonSetController;
import dev.coracle.controller.deployment.DeploymentController;
import dev.coracle.controller.disruption.DisruptionController;
import dev.coracle.controller.endpoints.EndpointSliceController;
import dev.coracle.controller.endpoints.EndpointSliceMirroringController;
import dev.coracle.controller.endpoints.EndpointsController;
import dev.coracle.controller.garbage.GarbageCollector;
import dev.coracle.controller.ingress.IngressStatusController;
import dev.coracle.controller.job.JobController;
import dev.coracle.controller.namespace.NamespaceController;
import dev.coracle.controller.nodeipam.NodeIpamController;
import dev.coracle.controller.nodelifecycle.NodeLifecycleController;
import dev.coracle.controller.nodelifecycle.TaintEvictionController;
import dev.coracle.controller.podautoscaler.HorizontalPodAutoscalerController;
import dev.coracle.controller.podgc.PodGcController;
import dev.coracle.controller.replicaset.ReplicaKind;
import dev.coracle.controller.replicaset.ReplicaSetController;
import dev.coracle.controller.resourcequota.ResourceQuotaController;
import dev.coracle.controller.rootca.RootCaController;
import dev.coracle.controller.service.LoadBalancerController;
import dev.coracle.controller.serviceaccount.LegacyTokenCleaner;
import dev.coracle.controller.serviceaccount.ServiceAccountController;
import dev.coracle.controller.serviceaccount.TokenController;
import dev.coracle.controller.serviceaccount.TokenSigner;
import dev.coracle.controller.servicecidr.AddressRepairController;
import dev.coracle.controller.servicecidr.ServiceCidrController;
import dev.coracle.controller.statefulset.StatefulSetController;
import dev.coracle.controller.ttl.TtlAfterFinishedController;
import dev.coracle.controller.volume.binder.PersistentVolumeController;
import dev.coracle.controller.volume.ephemeral.EphemeralVolumeController;
import dev.coracle.controller.volume.expand.ExpandController;
import dev.coracle.controller.volume.protection.AttributesClassProtectionController;
import dev.coracle.controller.volume.protection.ClaimProtectionController;
import dev.coracle.controller.volume.protection.VolumeProtectionController;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All controllers of a cluster: what a kube-controller-manager runs. */
public final class Controllers implements AutoCloseable {

  /**
   * What the controllers need from the cluster.
   *
   * @param clients a client as the user of a name, such as {@code
   *     system:serviceaccount:kube-system:job-controller} (with the groups of its kind)
   * @param informers of {@link ControllerManager#IDENTITY}; closed by whoever made them
   * @param clock the cluster's
   * @param ca the CA bundle (PEM) that Pods trust
   * @param tokens signs the tokens of token Secrets
   * @param legacyServiceAccountTokens whether each ServiceAccount gets a token Secret
   * @param certificates signs CertificateSigningRequests; null when there is no authority to do so
   * @param loadBalancers the addresses of Services of type LoadBalancer; empty leaves them to
   *     others
   * @param nodeRanges the ranges that nodes get for their Pods
   */
  public record Config(
      Function<String, Client> clients,
      Informers informers,
      Clock clock,
      Supplier<String> ca,
      TokenSigner tokens,
      boolean legacyServiceAccountTokens,
      @Nullable Authority certificates,
      AddressPool loadBalancers,
      NodeRanges nodeRanges) {}

  private final ControllerManager manager;

  private Controllers(ControllerManager manager) {
    this.manager = manager;
  }

  /** Starts them side by side and returns at once. */
  public static Controllers start(Config config) {
    ControllerManager manager =
        new ControllerManager(config.clients(), config.informers(), config.clock());
    manager.start(factories(config));
    return new Controllers(manager);
  }

  /** Waits until every controller has filled its caches and works. */
  public void awaitStarted() throws InterruptedException {
    manager.awaitStarted();
  }

  @Override
  public void close() {
    manager.close();
  }

  private static List<Factory> factories(Config config) {
    List<Factory> factories = new ArrayList<>();
    factories.add(Factory.of("namespace-controller", NamespaceController::new));
    factories.add(Factory.of("service-account-controller", ServiceAccountController::new));
    factories.add(
        Factory.of(
            "root-ca-cert-publisher", context -> new RootCaController(context, config.ca())));
    factories.add(
        new Factory(
            "tokens-controller",
            ControllerManager.IDENTITY,
            context ->
                new TokenController(
                    context, config.tokens(), config.ca(), config.legacyServiceAccountTokens())));
    factories.add(
        new Factory(
            "legacy-serviceaccount-token-cleaner-controller",
            ControllerManager.identity("legacy-service-account-token-cleaner"),
            LegacyTokenCleaner::new));
    factories.add(
        Factory.of(
            "replicaset-controller",
            context -> new ReplicaSetController(ReplicaKind.REPLICA_SET, context)));
    factories.add(
        Factory.of(
            "replication-controller",
            context -> new ReplicaSetController(ReplicaKind.REPLICATION_CONTROLLER, context)));
    factories.add(Factory.of("deployment-controller", DeploymentController::new));
    factories.add(Factory.of("job-controller", JobController::new));
    factories.add(
        Factory.of("clusterrole-aggregation-controller", ClusterRoleAggregationController::new));
    factories.add(Factory.of("endpoint-controller", EndpointsController::new));
    factories.add(
        new Factory(
            "endpoint-slice-controller",
            ControllerManager.identity("endpointslice-controller"),
            EndpointSliceController::new));
    factories.add(
        new Factory(
            EndpointSliceMirroringController.NAME,
            ControllerManager.identity(EndpointSliceMirroringController.ACCOUNT),
            EndpointSliceMirroringController::new));
    factories.add(Factory.of("generic-garbage-collector", GarbageCollector::new));
    factories.add(Factory.of("ttl-after-finished-controller", TtlAfterFinishedController::new));
    factories.add(Factory.of("pod-garbage-collector", PodGcController::new));
    factories.add(
        new Factory(
            DaemonSetController.NAME,
            ControllerManager.identity(DaemonSetController.ACCOUNT),
            DaemonSetController::new));
    factories.add(Factory.of("statefulset-controller", StatefulSetController::new));
    factories.add(Factory.of("bootstrap-signer", BootstrapSigner::new));
    factories.add(Factory.of("token-cleaner", TokenCleaner::new));
    factories.add(Factory.of("cronjob-controller", CronJobController::new));
    factories.add(Factory.of("horizontal-pod-autoscaler", HorizontalPodAutoscalerController::new));
    factories.add(
        new Factory(
            "controllermanager",
            ControllerManager.identity("disruption-controller"),
            DisruptionController::new));
    factories.add(Factory.of("node-controller", NodeLifecycleController::new));
    factories.add(
        new Factory(
            "taint-eviction-controller",
            ControllerManager.identity("node-controller"),
            TaintEvictionController::new));
    factories.add(Factory.of("resourcequota-controller", ResourceQuotaController::new));
    factories.add(
        new Factory(
            PersistentVolumeController.NAME,
            ControllerManager.identity(PersistentVolumeController.ACCOUNT),
            PersistentVolumeController::new));
    factories.add(
        new Factory(
            ExpandController.NAME,
            ControllerManager.identity(ExpandController.ACCOUNT),
            ExpandController::new));
    factories.add(
        new Factory(
            EphemeralVolumeController.NAME,
            ControllerManager.identity(EphemeralVolumeController.ACCOUNT),
            EphemeralVolumeController::new));
    Authority authority = config.certificates();
    if (authority != null) {
      String certificates = ControllerManager.identity("certificate-controller");
      factories.add(
          new Factory(
              "certificatesigningrequest-approving-controller",
              certificates,
              context -> new ApprovingController(context, authority)));
      factories.add(
          new Factory(
              "certificatesigningrequest-signing-controller",
              certificates,
              context -> new SigningController(context, authority)));
      factories.add(
          new Factory(
              "certificatesigningrequest-cleaner-controller",
              certificates,
              CleanerController::new));
    }
    factories.add(Factory.of(IngressStatusController.NAME, IngressStatusController::new));
    factories.add(Factory.of("service-cidrs-controller", ServiceCidrController::new));
    factories.add(
        new Factory(
            AddressRepairController.NAME,
            ControllerManager.API_SERVER,
            AddressRepairController::new));
    factories.add(Factory.of("pvc-protection-controller", ClaimProtectionController::new));
    factories.add(Factory.of("pv-protection-controller", VolumeProtectionController::new));
    factories.add(
        Factory.of(
            "volumeattributesclass-protection-controller",
            AttributesClassProtectionController::new));
    if (!config.nodeRanges().clusters().isEmpty()) {
      factories.add(
          new Factory(
              NodeIpamController.NAME,
              ControllerManager.identity(NodeIpamController.ACCOUNT),
              context -> new NodeIpamController(context, config.nodeRanges())));
    }
    if (!config.loadBalancers().isEmpty()) {
      factories.add(
          Factory.of(
              "service-controller",
              context -> new LoadBalancerController(context, config.loadBalancers())));
    }
    return factories;
  }
}
