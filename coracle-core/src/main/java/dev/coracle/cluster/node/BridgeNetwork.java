package dev.coracle.cluster.node;

import dev.coracle.network.PodBridge;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.PodNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** The bridge as the node's runtime wants it. */
final class BridgeNetwork implements PodNetwork {

  private final PodBridge bridge;
  private final DnsConfig dns;

  BridgeNetwork(PodBridge bridge, DnsConfig dns) {
    this.bridge = bridge;
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
  public void detach(String podKey) {
    bridge.detach(podKey);
  }

  @Override
  public DnsConfig dnsConfig() {
    return dns;
  }
}
