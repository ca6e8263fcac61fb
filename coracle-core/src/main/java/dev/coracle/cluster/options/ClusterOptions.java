package dev.coracle.cluster.options;

import dev.coracle.client.AddressPool;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code coracle up} can be told.
 *
 * @param data the data directory
 * @param listenHost an address of this machine; loopback unless the user says otherwise
 * @param listenPort 0 lets the system choose
 * @param runtime what runs Pods
 * @param only which part of a cluster this process is
 * @param durability whether acknowledged writes are on disk
 * @param simulatedNodes how many simulated nodes there are besides the real one
 * @param serviceCidr where cluster IPs come from
 * @param podCidr where Pod IPs of this node come from; empty for a part of {@code nodeRanges}
 * @param nodeName the name of this node; null for the machine's host name
 * @param kubeconfig the file that gets the context; null for the user's own
 * @param legacyServiceAccountTokens whether every ServiceAccount gets a token Secret
 * @param swaggerUi whether {@code /swagger-ui/} is served
 * @param featureGates by name
 * @param servingNames further names and addresses for the serving certificate
 * @param server what the API server records, encrypts and how it serves TLS
 * @param turnableClock whether the cluster's time can be turned forward
 * @param loadBalancers the addresses that Services of type LoadBalancer get
 * @param nodeRanges where nodes get the ranges of their Pods
 * @param schedulerConfig a KubeSchedulerConfiguration; null for the default profile
 */
public record ClusterOptions(
    Path data,
    String listenHost,
    int listenPort,
    Runtime runtime,
    Part only,
    Durability durability,
    int simulatedNodes,
    String serviceCidr,
    String podCidr,
    @Nullable String nodeName,
    @Nullable Path kubeconfig,
    boolean legacyServiceAccountTokens,
    boolean swaggerUi,
    Map<String, Boolean> featureGates,
    List<String> servingNames,
    ApiServerOptions server,
    boolean turnableClock,
    AddressPool loadBalancers,
    NodeRangeOptions nodeRanges,
    @Nullable Path schedulerConfig) {

  /** What runs Pods. */
  public enum Runtime {
    PROCESS,
    CRI,
    SIMULATED,
    NONE
  }

  /** Which part of a cluster a process is. */
  public enum Part {
    APISERVER,
    CONTROLPLANE,
    ALL
  }

  /** Whether an acknowledged write survives a power cut. */
  public enum Durability {
    FSYNC,
    MEMORY
  }

  public ClusterOptions {
    featureGates = Map.copyOf(featureGates);
    servingNames = List.copyOf(servingNames);
  }

  /** The defaults of {@code coracle up}, on a data directory. */
  public static Builder builder(Path data) {
    return new Builder(data);
  }

  /**
   * A cluster that lives as long as this JVM: its data in memory, its port the system's choice, and
   * nothing outside {@code directory}, where {@code kubeconfig} leads to it.
   */
  public static Builder embedded(Path directory) {
    return builder(directory.resolve("data"))
        .listen("127.0.0.1", 0)
        .durability(Durability.MEMORY)
        .kubeconfig(directory.resolve("kubeconfig"));
  }

  /** These, to be changed. */
  public Builder toBuilder() {
    Builder builder = new Builder(data);
    builder.listenHost = listenHost;
    builder.listenPort = listenPort;
    builder.runtime = runtime;
    builder.only = only;
    builder.durability = durability;
    builder.simulatedNodes = simulatedNodes;
    builder.serviceCidr = serviceCidr;
    builder.podCidr = podCidr;
    builder.nodeName = nodeName;
    builder.kubeconfig = kubeconfig;
    builder.legacyServiceAccountTokens = legacyServiceAccountTokens;
    builder.swaggerUi = swaggerUi;
    builder.featureGates = featureGates;
    builder.servingNames = servingNames;
    builder.server = server;
    builder.turnableClock = turnableClock;
    builder.loadBalancers = loadBalancers;
    builder.nodeRanges = nodeRanges;
    builder.schedulerConfig = schedulerConfig;
    return builder;
  }

  /** Sets what differs from the defaults. */
  public static final class Builder {

    private final Path data;
    private String listenHost = "127.0.0.1";
    private int listenPort = 6443;
    private Runtime runtime = Runtime.PROCESS;
    private Part only = Part.ALL;
    private Durability durability = Durability.FSYNC;
    private int simulatedNodes;
    private String serviceCidr = "10.96.0.0/16";
    private String podCidr = "";
    private @Nullable String nodeName;
    private @Nullable Path kubeconfig;
    private boolean legacyServiceAccountTokens;
    private boolean swaggerUi;
    private Map<String, Boolean> featureGates = Map.of();
    private List<String> servingNames = List.of();
    private ApiServerOptions server = ApiServerOptions.DEFAULTS;
    private boolean turnableClock;
    private AddressPool loadBalancers = AddressPool.EMPTY;
    private NodeRangeOptions nodeRanges = NodeRangeOptions.USUAL;
    private @Nullable Path schedulerConfig;

    private Builder(Path data) {
      this.data = data;
    }

    public Builder listen(String host, int port) {
      listenHost = host;
      listenPort = port;
      return this;
    }

    public Builder runtime(Runtime value) {
      runtime = value;
      return this;
    }

    public Builder only(Part value) {
      only = value;
      return this;
    }

    public Builder durability(Durability value) {
      durability = value;
      return this;
    }

    public Builder simulatedNodes(int value) {
      simulatedNodes = value;
      return this;
    }

    public Builder serviceCidr(String value) {
      serviceCidr = value;
      return this;
    }

    public Builder podCidr(String value) {
      podCidr = value;
      return this;
    }

    public Builder nodeName(@Nullable String value) {
      nodeName = value;
      return this;
    }

    public Builder kubeconfig(@Nullable Path value) {
      kubeconfig = value;
      return this;
    }

    public Builder legacyServiceAccountTokens(boolean value) {
      legacyServiceAccountTokens = value;
      return this;
    }

    public Builder swaggerUi(boolean value) {
      swaggerUi = value;
      return this;
    }

    public Builder featureGates(Map<String, Boolean> value) {
      featureGates = value;
      return this;
    }

    public Builder servingNames(List<String> value) {
      servingNames = value;
      return this;
    }

    public Builder server(ApiServerOptions value) {
      server = value;
      return this;
    }

    public Builder turnableClock(boolean value) {
      turnableClock = value;
      return this;
    }

    public Builder loadBalancers(AddressPool value) {
      loadBalancers = value;
      return this;
    }

    public Builder nodeRanges(NodeRangeOptions value) {
      nodeRanges = value;
      return this;
    }

    public Builder schedulerConfig(@Nullable Path file) {
      schedulerConfig = file;
      return this;
    }

    public ClusterOptions build() {
      return new ClusterOptions(
          data,
          listenHost,
          listenPort,
          runtime,
          only,
          durability,
          simulatedNodes,
          serviceCidr,
          podCidr,
          nodeName,
          kubeconfig,
          legacyServiceAccountTokens,
          swaggerUi,
          featureGates,
          servingNames,
          server,
          turnableClock,
          loadBalancers,
          nodeRanges,
          schedulerConfig);
    }
  }
}
