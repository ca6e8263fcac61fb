package dev.coracle.cli;

import dev.coracle.api.Names;
import dev.coracle.cli.flags.AdmissionFlags;
import dev.coracle.cli.flags.AuditOptions;
import dev.coracle.cli.flags.AuthenticationFlags;
import dev.coracle.cli.flags.AuthorizationFlags;
import dev.coracle.cli.flags.EncryptionOptions;
import dev.coracle.cli.flags.LoadBalancerOption;
import dev.coracle.cli.flags.NodeRangeFlags;
import dev.coracle.cli.flags.RequestOptions;
import dev.coracle.cli.flags.SchedulerOption;
import dev.coracle.cli.flags.ServingOptions;
import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts a cluster: in the foreground until it is told to stop, or in the background. */
@Command(
    name = "up",
    description = "Starts a cluster.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class UpCommand implements Callable<Integer> {

  private static final Duration READY_WITHIN = Duration.ofSeconds(60);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Mixin private final AuthenticationFlags authentication = new AuthenticationFlags();

  @Mixin private final AuthorizationFlags authorization = new AuthorizationFlags();

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:6443",
      description = "Where the API server listens; port 0 picks one (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private String listen;

  @Option(
      names = "--runtime",
      paramLabel = "process|cri|simulated|none",
      defaultValue = "process",
      description = "What runs Pods (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private ClusterOptions.Runtime runtime;

  @Option(
      names = "--only",
      paramLabel = "apiserver|controlplane|all",
      defaultValue = "all",
      description = "Which part of a cluster to run (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private ClusterOptions.Part only;

  @Option(
      names = "--detach",
      description = "Returns when the API server serves, and leaves it running.")
  private boolean detach;

  @Option(names = "--wait", description = "With --detach: returns when the node is Ready.")
  private boolean waitForNode;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "The file to put the context \"coracle\" into (default: KUBECONFIG or ~/.kube/config).")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--durability",
      paramLabel = "fsync|memory",
      defaultValue = "fsync",
      description = "Whether acknowledged writes are on disk (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private ClusterOptions.Durability durability;

  @Option(
      names = "--simulated-nodes",
      paramLabel = "N",
      defaultValue = "0",
      description = "Adds N nodes whose Pods turn Ready without running.")
  private int simulatedNodes;

  @Option(
      names = {"--service-cluster-ip-range", "--service-cidr"},
      paramLabel = "CIDR",
      defaultValue = "10.96.0.0/16",
      description = "Where cluster IPs come from (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private String serviceCidr;

  @Option(
      names = "--pod-cidr",
      paramLabel = "CIDR",
      description =
          "Where the IPs of this node's Pods come from (default: what is free of --cluster-cidr).")
  private String podCidr = "";

  @Mixin private final NodeRangeFlags nodeRanges = new NodeRangeFlags();

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      description = "The name of the node (default: this machine's host name).")
  private @Nullable String nodeName;

  @Option(
      names = "--legacy-service-account-tokens",
      description = "Gives every ServiceAccount a Secret with a token that does not expire.")
  private boolean legacyTokens;

  @Option(names = "--enable-swagger-ui", description = "Serves the Swagger UI at /swagger-ui/.")
  private boolean swaggerUi;

  @Option(
      names = "--feature-gates",
      paramLabel = "NAME=BOOL",
      split = ",",
      description = "Switches features on or off, as Kubernetes' components do.")
  private Map<String, Boolean> featureGates = Map.of();

  @Option(
      names = "--serving-name",
      paramLabel = "NAME",
      split = ",",
      description = "Further host names or addresses for the serving certificate.")
  private List<String> servingNames = List.of();

  /** What the cluster's time is. */
  enum ClockKind {
    SYSTEM,
    CONTROLLABLE
  }

  @Option(
      names = "--clock",
      paramLabel = "system|controllable",
      defaultValue = "system",
      description =
          "With controllable, POST /coracle/clock {\"advance\":\"1h\"} turns the cluster's time"
              + " forward; for tests.")
  @SuppressWarnings("NullAway.Init")
  private ClockKind clock;

  @Mixin private final AuditOptions audit = new AuditOptions();

  @Mixin private final AdmissionFlags admission = new AdmissionFlags();

  @Mixin private final EncryptionOptions encryption = new EncryptionOptions();

  @Mixin private final ServingOptions serving = new ServingOptions();
  @Mixin private final RequestOptions requests = new RequestOptions();

  @Mixin private final LoadBalancerOption loadBalancers = new LoadBalancerOption();

  @Mixin private final SchedulerOption scheduler = new SchedulerOption();

  @Option(
      names = "--report",
      hidden = true,
      description = "Where the launcher listens (with --detach).")
  private @Nullable Path report;

  @Override
  public Integer call() throws InterruptedException {
    if (waitForNode && !detach) {
      throw bad("--wait goes with --detach");
    }
    if (detach && report == null) {
      throw bad("--detach is done by the launcher: run ./coracle up --detach");
    }
    ClusterOptions options = options();
    UpReport output = UpReport.to(report, spec.commandLine().getOut(), spec.commandLine().getErr());
    try {
      return run(options, output);
    } catch (StartException e) {
      output.failed(e.getMessage(), e.kind().exitCode());
      return e.kind().exitCode();
    }
  }

  private int run(ClusterOptions options, UpReport output) throws InterruptedException {
    long start = System.nanoTime();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicReference<@Nullable Cluster> running = new AtomicReference<>();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("coracle-stop")
                .unstarted(
                    () -> {
                      stop.countDown();
                      awaitQuietly(stopped);
                    }));
    try {
      Cluster cluster = Cluster.start(options, output);
      running.set(cluster);
      if (detach && !waitForNode) {
        output.serving(cluster, options, Duration.ofNanos(System.nanoTime() - start));
      }
      boolean ready = cluster.awaitReady(READY_WITHIN, stop);
      if (stop.getCount() > 0) {
        if (ready) {
          output.ready(cluster, options, Duration.ofNanos(System.nanoTime() - start));
        } else {
          output.notReady(cluster, READY_WITHIN);
        }
      }
      stop.await();
      return 0;
    } finally {
      Cluster cluster = running.get();
      if (cluster != null) {
        output.stopping();
        cluster.close();
        output.stopped();
      }
      stopped.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ClusterOptions options() {
    int colon = listen.lastIndexOf(':');
    if (colon < 0) {
      throw bad("--listen wants HOST:PORT, for example 127.0.0.1:6443");
    }
    String host = listen.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port;
    try {
      port = Integer.parseInt(listen.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw bad("the port of --listen is not a number: " + listen);
    }
    if (port < 0 || port > 65535) {
      throw bad("the port of --listen must be between 0 and 65535: " + port);
    }
    if (simulatedNodes < 0 || simulatedNodes > 10_000) {
      throw bad("--simulated-nodes must be between 0 and 10000");
    }
    if (host.contains("[") || host.contains("]")) {
      throw bad("--listen wants HOST:PORT, for example [::1]:6443");
    }
    if (nodeName != null && !Names.isDns1123Subdomain(nodeName.toLowerCase(Locale.ROOT))) {
      throw bad("--node-name wants a name such as node-1 or node-1.example, not " + nodeName);
    }
    cidr("--service-cluster-ip-range", serviceCidr, 12, 28);
    if (!podCidr.isEmpty()) {
      cidr("--pod-cidr", podCidr, 8, 28);
    }
    if (runtime == ClusterOptions.Runtime.CRI) {
      throw new StartException(
          StartException.Kind.NOT_SUPPORTED,
          "--runtime cri is not built yet; use process (the default), simulated or none");
    }
    return ClusterOptions.builder(data.path())
        .listen(host.isEmpty() ? "0.0.0.0" : host, port)
        .runtime(runtime)
        .only(only)
        .durability(durability)
        .simulatedNodes(simulatedNodes)
        .serviceCidr(serviceCidr)
        .podCidr(podCidr)
        .nodeName(nodeName == null ? null : nodeName.toLowerCase(Locale.ROOT))
        .kubeconfig(kubeconfig)
        .legacyServiceAccountTokens(legacyTokens)
        .swaggerUi(swaggerUi)
        .featureGates(featureGates)
        .servingNames(servingNames)
        .server(valid(this::server))
        .turnableClock(clock == ClockKind.CONTROLLABLE)
        .loadBalancers(valid(loadBalancers::pool))
        .nodeRanges(valid(nodeRanges::options))
        .schedulerConfig(scheduler.file())
        .build();
  }

  /** What an option group says; its sentence when that is wrong. */
  private <T> T valid(Supplier<T> options) {
    try {
      return options.get();
    } catch (IllegalArgumentException e) {
      throw bad(String.valueOf(e.getMessage()));
    }
  }

  private ApiServerOptions server() {
    return ApiServerOptions.DEFAULTS
        .withAudit(audit.config())
        .withEncryption(encryption.config())
        .withServing(serving.config())
        .withLimits(requests.limits())
        .withEventTtl(requests.eventTtl())
        .withAuth(authentication.options(), authorization.options())
        .withAdmission(admission.options());
  }

  private void cidr(String option, String value, int shortest, int longest) {
    String[] parts = value.split("/", -1);
    boolean good = parts.length == 2 && parts[0].matches("(\\d{1,3}\\.){3}\\d{1,3}");
    if (good) {
      for (String number : parts[0].split("\\.", -1)) {
        good &= Integer.parseInt(number) <= 255;
      }
      good &= parts[1].matches("\\d{1,2}");
    }
    if (!good) {
      throw bad(option + " wants an IPv4 network such as 10.96.0.0/16, not " + value);
    }
    int length = Integer.parseInt(parts[1]);
    if (length < shortest || length > longest) {
      throw bad(
          option
              + " wants a prefix length from "
              + shortest
              + " to "
              + longest
              + ", not "
              + length);
    }
  }

  private ParameterException bad(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
