package dev.coracle.cluster.node;

import dev.coracle.network.HostPorts;
import dev.coracle.network.PodBridge;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.PortMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The bridge as the node's runtime wants it. */
final class BridgeNetwork implements PodNetwork {

  private final PodBridge bridge;
  private final HostPorts hostPorts;
  private final DnsConfig dns;

  BridgeNetwork(PodBridge bridge, HostPorts hostPorts, DnsConfig dns) {
    this.bridge = bridge;
    this.hostPorts = hostPorts;
    this.dns = dns;
  }

  @Override
  public List<String> attach(String podKey, Path networkNamespace) {
    try {
      return List.of(bridge.attach(podKey, networkNamespace));
    } catch (IOException e) {
      throw new UncheckedIOException("the Pod's network: " + e.getMessage(), e);
    }
  }

  @Override
  public void expose(String podKey, String address, List<PortMapping> ports) {
    // The Pod has no address of the other family.
    List<HostPorts.Mapping> mappings =
        ports.stream().filter(p -> !p.hostIp().contains(":")).map(BridgeNetwork::mapping).toList();
    try {
      hostPorts.add(podKey, address, mappings);
    } catch (IOException e) {
      throw new UncheckedIOException("the Pod's host ports: " + e.getMessage(), e);
    }
  }

  private static HostPorts.Mapping mapping(PortMapping port) {
    String address = port.hostIp().equals("0.0.0.0") ? "" : port.hostIp();
    String protocol = port.protocol().toLowerCase(Locale.ROOT);
    return new HostPorts.Mapping(address, protocol, port.hostPort(), port.containerPort());
  }

  @Override
  public void detach(String podKey) {
    hostPorts.remove(podKey);
    bridge.detach(podKey);
  }

  @Override
  public DnsConfig dnsConfig() {
    return dns;
  }
}
