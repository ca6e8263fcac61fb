package dev.coracle.node.runtime;

/**
 * A port of the node that leads to one of a Pod, as in the CRI.
 *
 * @param hostIp the node's address; empty for all
 * @param protocol {@code TCP}, {@code UDP} or {@code SCTP}
 */
public record PortMapping(String hostIp, String protocol, int hostPort, int containerPort) {}
