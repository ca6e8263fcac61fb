package dev.coracle.cluster;

import dev.coracle.admission.policy.PolicyTypeChecker;
import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.client.WorkQueue;
import dev.coracle.client.leaderelection.LeaderElector;
import dev.coracle.cluster.access.Identities;
import dev.coracle.cluster.node.Machine;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.ClusterAuthority;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.server.ServerParts;
import dev.coracle.cluster.start.Parts;
import dev.coracle.cluster.start.StartException;
import dev.coracle.controller.manager.ControllerManager;
import dev.coracle.controller.manager.Controllers;
import dev.coracle.metrics.Metrics;
import dev.coracle.scheduler.Scheduler;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The controllers and the scheduler. Each leads by its Lease, which it has at once: the store of
 * this data directory is this process's alone, so nobody else can be leading.
 */
final class ControlPlane {

  private static final String MANAGER = "kube-controller-manager";

  private final ClusterOptions options;
  private final ApiServer apiServer;
  private final ServerParts server;
  private final Pki pki;
  private final Clock clock;
  private final Metrics metrics;
  private final List<Cidr> usedRanges;
  private final String identity = Machine.hostName() + "_" + UUID.randomUUID();
  private final SchedulerConfiguration profiles;

  /**
   * @param profiles the scheduler's; null for the default one
   * @param usedRanges networks that nodes can't have for their Pods
   */
  ControlPlane(
      ClusterOptions options,
      @Nullable SchedulerConfiguration profiles,
      ApiServer apiServer,
      ServerParts server,
      Pki pki,
      Clock clock,
      Metrics metrics,
      List<Cidr> usedRanges) {
    this.options = options;
    this.apiServer = apiServer;
    this.server = server;
    this.pki = pki;
    this.clock = clock;
    this.metrics = metrics;
    this.usedRanges = usedRanges;
    this.profiles = profiles == null ? SchedulerConfiguration.DEFAULT : profiles;
  }

  /**
   * What a file says of the scheduler; null for none.
   *
   * @throws StartException when it is of no use
   */
  static @Nullable SchedulerConfiguration profiles(@Nullable Path file) {
    try {
      return file == null ? null : SchedulerConfiguration.read(file);
    } catch (IllegalArgumentException e) {
      throw new StartException(
          StartException.Kind.FAILED, "--scheduler-config: " + e.getMessage(), e);
    }
  }

  /**
   * @param parts keeps what is started
   */
  void start(Parts parts) {
    WorkQueue.countIn(metrics);
    parts.keep(() -> WorkQueue.countNoMoreIn(metrics));
    Client manager = manager(ControllerManager.IDENTITY);
    parts.keep(lead(manager, MANAGER, () -> controllers(manager)));
    Client scheduler = as(Scheduler.IDENTITY, "kube-scheduler");
    parts.keep(lead(scheduler, "kube-scheduler", () -> scheduler(scheduler)));
  }

  /** Each controller has rights of its own, and all write as the one program that has them. */
  private Client manager(String user) {
    return as(user, MANAGER);
  }

  private Client as(String user, String program) {
    return new Client(apiServer.inMemoryTransport(Identities.of(user), program));
  }

  private AutoCloseable lead(Client client, String lease, LeaderElector.Work work) {
    return LeaderElector.start(
        client, clock, "kube-system", lease, identity, LeaderElector.Timing.ALONE, true, work);
  }

  private AutoCloseable controllers(Client manager) throws InterruptedException {
    Informers informers = new InformerFactory(manager, clock);
    AutoCloseable controllers =
        Controllers.start(
            new Controllers.Config(
                this::manager,
                informers,
                clock,
                server.rootCa()::pem,
                (namespace, account, uid, secret) ->
                    server.auth().tokens().legacy(namespace, account, uid, secret),
                options.legacyServiceAccountTokens(),
                new ClusterAuthority(pki.authority()),
                options.loadBalancers(),
                options.nodeRanges().ranges(usedRanges)));
    AutoCloseable typeChecker =
        server.admission().checkTypes(manager(PolicyTypeChecker.IDENTITY), informers, clock);
    return together(typeChecker, controllers, informers);
  }

  private AutoCloseable scheduler(Client client) throws InterruptedException {
    Informers informers = new InformerFactory(client, clock);
    return together(Scheduler.start(client, informers, clock, profiles, metrics), informers);
  }

  /** Closes them in this order. */
  private static AutoCloseable together(AutoCloseable... parts) {
    return () -> {
      for (AutoCloseable part : parts) {
        part.close();
      }
    };
  }
}
