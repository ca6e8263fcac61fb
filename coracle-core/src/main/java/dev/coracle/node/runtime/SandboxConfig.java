package dev.coracle.node.runtime;

import java.util.List;
import java.util.Map;

/**
 * A Pod's sandbox.
 *
 * @param hostname without a domain
 * @param fullHostname what processes are told, with a domain or without
 * @param directory of the Pod's own on the node; exists
 * @param hostNetwork whether it uses the node's network (likewise hostPid, hostIpc)
 * @param sharePid whether its containers share one PID namespace
 * @param dns the Pod's resolver
 * @param hostAliases lines for its hosts file: an address and its names
 * @param sysctls kernel settings of the Pod's namespaces
 * @param ports of the node that lead to the Pod
 * @param resources what its containers may use together; {@code NONE} for no bounds but their own
 */
public record SandboxConfig(
    String podUid,
    String namespace,
    String name,
    String hostname,
    String domain,
    String fullHostname,
    java.nio.file.Path directory,
    boolean hostNetwork,
    boolean hostPid,
    boolean hostIpc,
    boolean sharePid,
    DnsConfig dns,
    List<String> hostAliases,
    Map<String, String> sysctls,
    List<PortMapping> ports,
    ContainerResources resources) {

  public SandboxConfig {
    hostAliases = List.copyOf(hostAliases);
    sysctls = Map.copyOf(sysctls);
    ports = List.copyOf(ports);
  }
}
