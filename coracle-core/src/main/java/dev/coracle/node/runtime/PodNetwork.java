package dev.coracle.node.runtime;

import java.nio.file.Path;
import java.util.List;

/** Gives Pods their addresses; made by whoever runs the cluster's network. */
public interface PodNetwork {

  /**
   * Connects a network namespace. The loopback is up already.
   *
   * @param podKey namespace/name of the Pod, with its uid: unique over time
   * @param networkNamespace a file that holds the namespace
   * @return the Pod's addresses, first the primary one
   */
  List<String> attach(String podKey, Path networkNamespace);

  /**
   * Leads ports of the node to a Pod that is attached, until it is detached.
   *
   * @param address the Pod's primary one
   */
  void expose(String podKey, String address, List<PortMapping> ports);

  /** Gives the addresses of a Pod back; nothing happens when it has none. */
  void detach(String podKey);

  /** The cluster's resolver, without a Pod's search domains. */
  DnsConfig dnsConfig();
}
