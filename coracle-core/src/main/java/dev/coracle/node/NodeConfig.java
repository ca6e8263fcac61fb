package dev.coracle.node;

import dev.coracle.api.Clock;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.http.ServerTls;
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

  /** A node whose host reaches cluster IPs. */
  public NodeConfig(
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
      Map<String, String> labels) {
    this(
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
        labels,
        null);
  }
}
