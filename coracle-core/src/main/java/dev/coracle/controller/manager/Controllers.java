package dev.coracle.controller.manager;

import dev.coracle.api.Clock;
import dev.coracle.client.AddressPool;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.NodeRanges;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
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
import dev.coracle.controller.manager.ControllerManager.Factory;
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
import dev.coracle.controller.ttl.NodeTtlController;
import dev.coracle.controller.ttl.TtlAfterFinishedController;
import dev.coracle.controller.volume.binder.PersistentVolumeController;
import dev.coracle.controller.volume.ephemeral.EphemeralVolumeController;
import dev.coracle.controller.volume.expand.ExpandController;
import dev.coracle.controller.volume.protection.AttributesClassProtectionController;
import dev.coracle.controller.volume.protection.ClaimProtectionController;
import dev.coracle.controller.volume.protection.VolumeProtectionController;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

  /** Which there are: name and user, where that is not the ServiceAccount of the same name. */
  private static List<Factory> factories(Config config) {
    Table table = new Table(config);
    table.add("namespace-controller");
    table.add("service-account-controller");
    table.add("root-ca-cert-publisher");
    table.add("tokens-controller", ControllerManager.IDENTITY);
    table.add(
        "legacy-serviceaccount-token-cleaner-controller",
        ControllerManager.identity("legacy-service-account-token-cleaner"));
    table.add("replicaset-controller");
    table.add("replication-controller");
    table.add("deployment-controller");
    table.add("job-controller");
    table.add("clusterrole-aggregation-controller");
    table.add("endpoint-controller");
    table.add("endpoint-slice-controller", ControllerManager.identity("endpointslice-controller"));
    table.add(
        EndpointSliceMirroringController.NAME,
        ControllerManager.identity(EndpointSliceMirroringController.ACCOUNT));
    table.add("generic-garbage-collector");
    table.add("ttl-after-finished-controller");
    table.add("ttl-controller");
    table.add("pod-garbage-collector");
    table.add(DaemonSetController.NAME, ControllerManager.identity(DaemonSetController.ACCOUNT));
    table.add("statefulset-controller");
    table.add("bootstrap-signer");
    table.add("token-cleaner");
    table.add("cronjob-controller");
    table.add("horizontal-pod-autoscaler");
    table.add("controllermanager", ControllerManager.identity("disruption-controller"));
    table.add("node-controller");
    table.add("taint-eviction-controller", ControllerManager.identity("node-controller"));
    table.add("resourcequota-controller");
    table.add(
        PersistentVolumeController.NAME,
        ControllerManager.identity(PersistentVolumeController.ACCOUNT));
    table.add(ExpandController.NAME, ControllerManager.identity(ExpandController.ACCOUNT));
    table.add(
        EphemeralVolumeController.NAME,
        ControllerManager.identity(EphemeralVolumeController.ACCOUNT));
    if (config.certificates() != null) {
      String certificates = ControllerManager.identity("certificate-controller");
      table.add("certificatesigningrequest-approving-controller", certificates);
      table.add("certificatesigningrequest-signing-controller", certificates);
      table.add("certificatesigningrequest-cleaner-controller", certificates);
    }
    table.add(IngressStatusController.NAME);
    table.add("service-cidrs-controller");
    table.add(AddressRepairController.NAME, ControllerManager.API_SERVER);
    table.add("pvc-protection-controller");
    table.add("pv-protection-controller");
    table.add("volumeattributesclass-protection-controller");
    if (!config.nodeRanges().clusters().isEmpty()) {
      table.add(NodeIpamController.NAME, ControllerManager.identity(NodeIpamController.ACCOUNT));
    }
    if (!config.loadBalancers().isEmpty()) {
      table.add("service-controller");
    }
    return table.rows;
  }

  private static final class Table {

    private final Config config;
    private final List<Factory> rows = new ArrayList<>();

    Table(Config config) {
      this.config = config;
    }

    void add(String name) {
      add(name, ControllerManager.identity(name));
    }

    void add(String name, String user) {
      rows.add(new Factory(name, user, context -> make(name, context, config)));
    }
  }

  /** One method, since a function for each would be forty classes that every first start makes. */
  private static Controller make(String name, ControllerContext context, Config config) {
    return switch (name) {
      case "namespace-controller" -> new NamespaceController(context);
      case "service-account-controller" -> new ServiceAccountController(context);
      case "root-ca-cert-publisher" -> new RootCaController(context, config.ca());
      case "tokens-controller" ->
          new TokenController(
              context, config.tokens(), config.ca(), config.legacyServiceAccountTokens());
      case "legacy-serviceaccount-token-cleaner-controller" -> new LegacyTokenCleaner(context);
      case "replicaset-controller" -> new ReplicaSetController(ReplicaKind.REPLICA_SET, context);
      case "replication-controller" ->
          new ReplicaSetController(ReplicaKind.REPLICATION_CONTROLLER, context);
      case "deployment-controller" -> new DeploymentController(context);
      case "job-controller" -> new JobController(context);
      case "clusterrole-aggregation-controller" -> new ClusterRoleAggregationController(context);
      case "endpoint-controller" -> new EndpointsController(context);
      case "endpoint-slice-controller" -> new EndpointSliceController(context);
      case EndpointSliceMirroringController.NAME -> new EndpointSliceMirroringController(context);
      case "generic-garbage-collector" -> new GarbageCollector(context);
      case "ttl-after-finished-controller" -> new TtlAfterFinishedController(context);
      case "ttl-controller" -> new NodeTtlController(context);
      case "pod-garbage-collector" -> new PodGcController(context);
      case DaemonSetController.NAME -> new DaemonSetController(context);
      case "statefulset-controller" -> new StatefulSetController(context);
      case "bootstrap-signer" -> new BootstrapSigner(context);
      case "token-cleaner" -> new TokenCleaner(context);
      case "cronjob-controller" -> new CronJobController(context);
      case "horizontal-pod-autoscaler" -> new HorizontalPodAutoscalerController(context);
      case "controllermanager" -> new DisruptionController(context);
      case "node-controller" -> new NodeLifecycleController(context);
      case "taint-eviction-controller" -> new TaintEvictionController(context);
      case "resourcequota-controller" -> new ResourceQuotaController(context);
      case PersistentVolumeController.NAME -> new PersistentVolumeController(context);
      case ExpandController.NAME -> new ExpandController(context);
      case EphemeralVolumeController.NAME -> new EphemeralVolumeController(context);
      case "certificatesigningrequest-approving-controller" ->
          new ApprovingController(context, Objects.requireNonNull(config.certificates()));
      case "certificatesigningrequest-signing-controller" ->
          new SigningController(context, Objects.requireNonNull(config.certificates()));
      case "certificatesigningrequest-cleaner-controller" -> new CleanerController(context);
      case IngressStatusController.NAME -> new IngressStatusController(context);
      case "service-cidrs-controller" -> new ServiceCidrController(context);
      case AddressRepairController.NAME -> new AddressRepairController(context);
      case "pvc-protection-controller" -> new ClaimProtectionController(context);
      case "pv-protection-controller" -> new VolumeProtectionController(context);
      case "volumeattributesclass-protection-controller" ->
          new AttributesClassProtectionController(context);
      case NodeIpamController.NAME -> new NodeIpamController(context, config.nodeRanges());
      case "service-controller" -> new LoadBalancerController(context, config.loadBalancers());
      default -> throw new IllegalArgumentException(name);
    };
  }
}
