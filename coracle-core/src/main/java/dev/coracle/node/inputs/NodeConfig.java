package dev.coracle.node.inputs;

import dev.coracle.api.Clock;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.volumes.Mounter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a node needs.
 *
 * @param runtime the caller's to close, after the node
 * @param stateDir for Pods' volumes and logs
 * @param mounter for memory volumes; {@link Mounter#NONE} without rights
 * @param address the node's InternalIP
 * @param listen where its HTTPS server listens (port 0 picks one); null for no server
 * @param tls of that server; it must request client certificates and know their authorities
 * @param dns the cluster's resolver for Pods with dnsPolicy ClusterFirst; NONE for the host's
 * @param clusterDomain such as {@code cluster.local}
 * @param labels further labels of the Node
 * @param apiServer where Pods on the host's network reach the API server, whose cluster IP is not
 *     theirs to use; null when it is
 */
public record NodeConfig(
    Client client,
    Informers informers,
    String nodeName,
    Path stateDir,
    ContainerRuntime runtime,
    Mounter mounter,
    Clock clock,
    String address,
    @Nullable InetSocketAddress listen,
    @Nullable ServerTls tls,
    DnsConfig dns,
    String clusterDomain,
    String podCidr,
    int maxPods,
    Map<String, String> labels,
    @Nullable InetSocketAddress apiServer) {

  /** Begins with a node without a server, rights to mount, a resolver or a network of its own. */
  public static Builder builder(
      Client client,
      Informers informers,
      String nodeName,
      Path stateDir,
      ContainerRuntime runtime,
      Clock clock) {
    return new Builder(client, informers, nodeName, stateDir, runtime, clock);
  }

  /** Sets what differs from those defaults. */
  public static final class Builder {

    private final Client client;
    private final Informers informers;
    private final String nodeName;
    private final Path stateDir;
    private final ContainerRuntime runtime;
    private final Clock clock;
    private Mounter mounter = Mounter.NONE;
    private String address = "127.0.0.1";
    private @Nullable InetSocketAddress listen;
    private @Nullable ServerTls tls;
    private DnsConfig dns = DnsConfig.NONE;
    private String podCidr = "";
    private String clusterDomain = "cluster.local";
    private int maxPods = 110;
    private @Nullable InetSocketAddress apiServer;

    private Builder(
        Client client,
        Informers informers,
        String nodeName,
        Path stateDir,
        ContainerRuntime runtime,
        Clock clock) {
      this.client = client;
      this.informers = informers;
      this.nodeName = nodeName;
      this.stateDir = stateDir;
      this.runtime = runtime;
      this.clock = clock;
    }

    public Builder listen(InetSocketAddress where, @Nullable ServerTls with) {
      listen = where;
      tls = with;
      return this;
    }

    public Builder mounter(Mounter value) {
      mounter = value;
      return this;
    }

    public Builder address(String value) {
      address = value;
      return this;
    }

    public Builder dns(DnsConfig value) {
      dns = value;
      return this;
    }

    public Builder podCidr(String value) {
      podCidr = value;
      return this;
    }

    public Builder apiServer(@Nullable InetSocketAddress value) {
      apiServer = value;
      return this;
    }

    public Builder clusterDomain(String value) {
      clusterDomain = value;
      return this;
    }

    public Builder maxPods(int value) {
      maxPods = value;
      return this;
    }

    public NodeConfig build() {
      return new NodeConfig(
          client,
          informers,
          nodeName,
          stateDir,
          runtime,
          mounter,
          clock,
          address,
          listen,
          tls,
          dns,
          clusterDomain,
          podCidr,
          maxPods,
          Map.of(),
          apiServer);
    }
  }
}
