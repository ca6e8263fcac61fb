package dev.coracle.cluster;

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
 * @param podCidr where Pod IPs come from
 * @param nodeName the name of this node; null for the machine's host name
 * @param kubeconfig the file that gets the context; null for the user's own
 * @param legacyServiceAccountTokens whether every ServiceAccount gets a token Secret
 * @param swaggerUi whether {@code /swagger-ui/} is served
 * @param featureGates by name
 * @param servingNames further names and addresses for the serving certificate
 * @param server what the API server records, encrypts and how it serves TLS
 * @param turnableClock whether the cluster's time can be turned forward
 * @param loadBalancers the addresses that Services of type LoadBalancer get
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
    AddressPool loadBalancers) {

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

  /** The defaults of {@code coracle up}, on a directory. */
  public static ClusterOptions of(Path data) {
    return new ClusterOptions(
        data,
        "127.0.0.1",
        6443,
        Runtime.PROCESS,
        Part.ALL,
        Durability.FSYNC,
        0,
        "10.96.0.0/16",
        "10.244.0.0/24",
        null,
        null,
        false,
        false,
        Map.of(),
        List.of());
  }

  /** With the defaults of everything that came later. */
  public ClusterOptions(
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
      List<String> servingNames) {
    this(
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
        ApiServerOptions.DEFAULTS,
        false,
        AddressPool.EMPTY);
  }

  public ClusterOptions withServer(ApiServerOptions options) {
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
        options,
        turnableClock,
        loadBalancers);
  }

  public ClusterOptions withTurnableClock(boolean turnable) {
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
        turnable,
        loadBalancers);
  }

  public ClusterOptions withLoadBalancers(AddressPool pool) {
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
        pool);
  }
}
