package dev.coracle.cluster;

import dev.coracle.api.Clock;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.network.Ipv4Network;
import dev.coracle.network.PodBridge;
import dev.coracle.network.ServiceProxy;
import dev.coracle.network.dns.DnsServer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;

/** What runs on the node: Service proxy, cluster DNS, kubelet. */
final class NodeParts implements AutoCloseable {

  static final String CLUSTER_DOMAIN = "cluster.local";

  private final ClusterOptions options;
  private final DataDirectory directory;
  private final Pki pki;
  private final Machine machine;
  private final ApiServer apiServer;
  private final Clock clock;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  NodeParts(
      ClusterOptions options,
      DataDirectory directory,
      Pki pki,
      Machine machine,
      ApiServer apiServer,
      Clock clock) {
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
  List<String> start(
      Bootstrap bootstrap, BiConsumer<String, String> started, StartupListener listener)
      throws IOException {
    PodBridge bridge = machine.bridge();
    if (bridge != null) {
      Informers proxyInformers = informers("system:kube-proxy");
      keep(ServiceProxy.start(bridge, isPublic(), proxyInformers, clock));
      Informers dnsInformers = informers("system:serviceaccount:kube-system:coredns");
      DnsServer dns = keep(DnsServer.start(bridge.gateway(), CLUSTER_DOMAIN, dnsInformers));
      bootstrap.dnsService(dnsAddress(options), bridge.gateway(), dns.port());
      started.accept("network", "Pods in " + bridge.network() + ", Services by nftables, DNS");
    }
    return List.of();
  }

  /** Whether the user wants this cluster to be reached from elsewhere. */
  private boolean isPublic() {
    return !options.listenHost().startsWith("127.") && !options.listenHost().equals("localhost");
  }

  /** The cluster IP of the cluster DNS. */
  static String dnsAddress(ClusterOptions options) {
    return Ipv4Network.parse(options.serviceCidr()).at(10);
  }

  private Informers informers(String user) {
    Client client = new Client(apiServer.inMemoryTransport(Identities.of(user)));
    return keep(new InformerFactory(client, clock));
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
  }
}
