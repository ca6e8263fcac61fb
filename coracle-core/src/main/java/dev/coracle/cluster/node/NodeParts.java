package dev.coracle.cluster.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.cluster.access.Identities;
import dev.coracle.cluster.bootstrap.Bootstrap;
import dev.coracle.cluster.data.DataDirectory;
import dev.coracle.cluster.metrics.MetricsGroup;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.pki.ServingCertificates;
import dev.coracle.cluster.start.Parts;
import dev.coracle.cluster.start.StartupListener;
import dev.coracle.network.HostPorts;
import dev.coracle.network.PodBridge;
import dev.coracle.network.ServiceProxy;
import dev.coracle.network.dns.DnsServer;
import dev.coracle.node.Node;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.localpath.LocalPathProvisioner;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.process.HostMounter;
import dev.coracle.node.runtime.process.ProcessRuntime;
import dev.coracle.node.simulated.SimulatedNodes;
import dev.coracle.node.volumes.Mounter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** What runs on the node: Service proxy, cluster DNS, kubelet. */
public final class NodeParts {

  static final String CLUSTER_DOMAIN = "cluster.local";

  private static final int MAX_PODS = 250;

  private final ClusterOptions options;
  private final DataDirectory directory;
  private final Pki pki;
  private final Machine machine;
  private final ApiServer apiServer;
  private final Clock clock;
  private final InetSocketAddress serverForPods;
  private final List<Supplier<ObjectNode>> realNodes = new ArrayList<>();
  private final Parts parts;

  /**
   * @param parts keeps what is started
   * @param serverForPods where Pods on this machine's network reach the API server
   */
  public NodeParts(
      ClusterOptions options,
      DataDirectory directory,
      Pki pki,
      Machine machine,
      ApiServer apiServer,
      Clock clock,
      InetSocketAddress serverForPods,
      Parts parts) {
    this.parts = parts;
    this.serverForPods = serverForPods;
    this.options = options;
    this.directory = directory;
    this.pki = pki;
    this.machine = machine;
    this.apiServer = apiServer;
    this.clock = clock;
  }

  /**
   * @return the names of the nodes that will report Ready
   */
  public List<String> start(
      Bootstrap bootstrap, BiConsumer<String, String> started, StartupListener listener)
      throws IOException {
    PodBridge bridge = machine.bridge();
    if (bridge != null) {
      Informers proxyInformers = informers("system:kube-proxy");
      parts.keep(
          ServiceProxy.start(bridge, isPublic(), options.loadBalancers(), proxyInformers, clock));
      Informers dnsInformers = informers("system:serviceaccount:kube-system:coredns");
      DnsServer dns = parts.keep(DnsServer.start(bridge.gateway(), CLUSTER_DOMAIN, dnsInformers));
      bootstrap.dnsService(dnsAddress(options), bridge.gateway(), dns.port());
      started.accept("network", "Pods in " + bridge.network() + ", Services by nftables, DNS");
    }
    List<String> simulated = simulatedNames();
    if (!simulated.isEmpty()) {
      startSimulated(simulated, started);
    }
    boolean real = options.runtime() == ClusterOptions.Runtime.PROCESS;
    List<String> ready = real ? List.of(startNode(bootstrap, started, listener)) : simulated;
    if (!ready.isEmpty()) {
      parts.keep(
          LocalStorage.start(
              bootstrap,
              new Client(apiServer.inMemoryTransport(Identities.of(LocalPathProvisioner.IDENTITY))),
              clock,
              real ? machine.nodeName() : null,
              directory.resolve("volumes"),
              machine.bridge() == null ? Mounter.NONE : new HostMounter()));
    }
    apiServer.serve(
        new MetricsGroup(
            new Client(
                apiServer.inMemoryTransport(Identities.API_SERVER, Identities.API_SERVER_PROGRAM)),
            clock,
            realNodes));
    return ready;
  }

  private List<String> simulatedNames() {
    if (options.simulatedNodes() == 0) {
      return options.runtime() == ClusterOptions.Runtime.SIMULATED
          ? List.of(machine.nodeName())
          : List.of();
    }
    return IntStream.range(0, options.simulatedNodes()).mapToObj(i -> "simulated-" + i).toList();
  }

  private void startSimulated(List<String> names, BiConsumer<String, String> started) {
    Client client = new Client(apiServer.inMemoryTransport(Identities.SIMULATED_NODES));
    Informers informers = parts.keep(new InformerFactory(client, clock));
    boolean besidesRealNode = options.runtime() == ClusterOptions.Runtime.PROCESS;
    parts.keep(
        SimulatedNodes.start(
            client,
            informers,
            clock,
            names,
            new SimulatedNodes.Registration(besidesRealNode, !options.nodeRanges().ofSimulated())));
    started.accept(
        "node",
        names.size() == 1
            ? names.getFirst() + ", simulated: its Pods turn Ready without running"
            : names.size() + " simulated nodes: their Pods turn Ready without running");
  }

  private String startNode(
      Bootstrap bootstrap, BiConsumer<String, String> started, StartupListener listener)
      throws IOException {
    Path stateDirectory = directory.resolve("node");
    PodBridge bridge = machine.bridge();
    ProcessRuntime runtime =
        parts.keep(
            new ProcessRuntime(
                stateDirectory.resolve("runtime"),
                bridge == null ? null : network(bridge),
                clock,
                List.of(directory.path())));
    String degraded = runtime.degraded();
    if (degraded != null) {
      listener.degraded(degraded);
    }
    String name = machine.nodeName();
    String address = machine.reachableAddress();
    List<X509Certificate> authorities = List.of(pki.authority().certificate());
    ServingCertificates serving =
        parts.keep(
            new ServingCertificates(
                ApiServerOptions.Serving.DEFAULTS,
                () -> pki.server("kubelet", name, List.of(name, "localhost"), List.of(address)),
                pki.files("kubelet"),
                () -> authorities,
                List.of(),
                clock));
    String user = "system:node:" + name;
    String podCidr = machine.podNetwork().toString();
    bootstrap.nodeRange(name, podCidr);
    Node node =
        parts.keep(
            Node.start(
                NodeConfig.builder(
                        new Client(apiServer.inMemoryTransport(Identities.of(user), "kubelet")),
                        informers(user),
                        name,
                        stateDirectory,
                        runtime,
                        clock)
                    .mounter(runtime.isolates() ? new HostMounter() : Mounter.NONE)
                    .address(address)
                    .listen(new InetSocketAddress(address, 0), serving.tls())
                    .dns(dns())
                    .clusterDomain(CLUSTER_DOMAIN)
                    .podCidr(podCidr)
                    .maxPods(MAX_PODS)
                    .apiServer(serverForPods)
                    .build()));
    serving.start(node::reloadTls);
    realNodes.add(node::statsSummary);
    started.accept("node", name + ", Pods are processes of this machine");
    return node.name();
  }

  private DnsConfig dns() {
    return machine.bridge() == null
        ? DnsConfig.NONE
        : new DnsConfig(List.of(dnsAddress(options)), List.of(), List.of());
  }

  private BridgeNetwork network(PodBridge bridge) {
    return new BridgeNetwork(bridge, new HostPorts(bridge, isPublic()), dns());
  }

  /** Whether the user wants this cluster to be reached from elsewhere. */
  private boolean isPublic() {
    return !options.listenHost().startsWith("127.") && !options.listenHost().equals("localhost");
  }

  /** The cluster IP of the cluster DNS. */
  static String dnsAddress(ClusterOptions options) {
    return Cidr.parse(options.serviceCidr()).address(10);
  }

  private Informers informers(String user) {
    Client client = new Client(apiServer.inMemoryTransport(Identities.of(user)));
    return parts.keep(new InformerFactory(client, clock));
  }
}
