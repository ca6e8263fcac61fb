package dev.coracle.admission.podsecurity;

import static dev.coracle.admission.podsecurity.CheckedPod.context;
import static dev.coracle.admission.podsecurity.CheckedPod.named;
import static dev.coracle.admission.podsecurity.CheckedPod.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What the level baseline forbids, and restricted with it: known ways to more privileges. */
final class BaselineControls {

  private static final Set<String> CAPABILITIES =
      Set.of(
          "AUDIT_WRITE",
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "MKNOD",
          "NET_BIND_SERVICE",
          "SETFCAP",
          "SETGID",
          "SETPCAP",
          "SETUID",
          "SYS_CHROOT");

  /** By the minor version from which on they are safe. */
  private static final Map<String, Integer> SAFE_SYSCTLS =
      Map.ofEntries(
          Map.entry("kernel.shm_rmid_forced", 0),
          Map.entry("net.ipv4.ip_local_port_range", 0),
          Map.entry("net.ipv4.ip_unprivileged_port_start", 0),
          Map.entry("net.ipv4.tcp_syncookies", 0),
          Map.entry("net.ipv4.ping_group_range", 0),
          Map.entry("net.ipv4.ip_local_reserved_ports", 27),
          Map.entry("net.ipv4.tcp_keepalive_time", 29),
          Map.entry("net.ipv4.tcp_fin_timeout", 29),
          Map.entry("net.ipv4.tcp_keepalive_intvl", 29),
          Map.entry("net.ipv4.tcp_keepalive_probes", 29),
          Map.entry("net.ipv4.tcp_rmem", 32),
          Map.entry("net.ipv4.tcp_wmem", 32));

  private final CheckedPod pod;

  private BaselineControls(CheckedPod pod) {
    this.pod = pod;
  }

  /**
   * @param restricted whether the stricter controls of that level are checked as well, which stand
   *     for some of these
   */
  static void check(CheckedPod pod, boolean restricted) {
    new BaselineControls(pod).check(restricted);
  }

  private void check(boolean restricted) {
    AppArmorControl.check(pod);
    if (!(restricted && pod.since(22))) {
      capabilities();
    }
    hostNamespaces();
    if (!restricted) {
      hostPathVolumes();
    }
    hostPorts();
    if (pod.since(34)) {
      probeHosts();
    }
    pod.addContainers(
        c -> context(c).path("privileged").asBoolean(),
        "privileged",
        "must not set securityContext.privileged=true");
    pod.addContainers(
        c -> !context(c).path("procMount").asText("Default").equals("Default"),
        "procMount",
        "must not set securityContext.procMount to \"Unmasked\"");
    SeLinuxControl.check(pod);
    if (!(restricted && pod.since(19))) {
      contexts(
          pod.whose(c -> c.path("seccompProfile").path("type").asText("").equals("Unconfined")),
          "seccompProfile",
          "must not set securityContext.seccompProfile.type to \"Unconfined\"");
    }
    sysctls();
    contexts(
        pod.whose(c -> c.path("windowsOptions").path("hostProcess").asBoolean()),
        "hostProcess",
        "must not set securityContext.windowsOptions.hostProcess=true");
  }

  private void contexts(String whose, String reason, String must) {
    if (!whose.isEmpty()) {
      pod.add(reason, whose + " " + must);
    }
  }

  private void capabilities() {
    Set<String> forbidden = new TreeSet<>();
    List<String> names = new ArrayList<>();
    for (JsonNode container : pod.containers()) {
      boolean bad = false;
      for (JsonNode capability : context(container).path("capabilities").path("add")) {
        if (!CAPABILITIES.contains(capability.asText())) {
          forbidden.add(capability.asText());
          bad = true;
        }
      }
      if (bad) {
        names.add(container.path("name").asText());
      }
    }
    if (!names.isEmpty()) {
      pod.add(
          "non-default capabilities",
          named("container", names)
              + " must not include "
              + quoted(forbidden)
              + " in securityContext.capabilities.add");
    }
  }

  private void hostNamespaces() {
    List<String> host = new ArrayList<>();
    for (String field : new String[] {"hostNetwork", "hostPID", "hostIPC"}) {
      if (pod.spec().path(field).asBoolean()) {
        host.add(field + "=true");
      }
    }
    if (!host.isEmpty()) {
      pod.add("host namespaces", String.join(", ", host));
    }
  }

  private void hostPathVolumes() {
    List<String> paths = new ArrayList<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (volume.has("hostPath")) {
        paths.add(volume.path("name").asText());
      }
    }
    if (!paths.isEmpty()) {
      pod.add("hostPath volumes", named("volume", paths));
    }
  }

  private void hostPorts() {
    List<String> names = new ArrayList<>();
    Set<Integer> ports = new TreeSet<>();
    for (JsonNode container : pod.containers()) {
      boolean uses = false;
      for (JsonNode port : container.path("ports")) {
        if (port.path("hostPort").asInt() != 0) {
          ports.add(port.path("hostPort").asInt());
          uses = true;
        }
      }
      if (uses) {
        names.add(container.path("name").asText());
      }
    }
    if (!names.isEmpty()) {
      pod.add(
          "hostPort",
          named("container", names)
              + (names.size() == 1 ? " uses hostPort" : " use hostPort")
              + (ports.size() == 1 ? " " : "s ")
              + ports.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }
  }

  private void probeHosts() {
    Set<String> hosts = new TreeSet<>();
    Set<String> names = new TreeSet<>();
    for (JsonNode container : pod.containers()) {
      for (JsonNode handler :
          List.of(
              container.path("livenessProbe"),
              container.path("readinessProbe"),
              container.path("startupProbe"),
              container.path("lifecycle").path("postStart"),
              container.path("lifecycle").path("preStop"))) {
        for (String kind : new String[] {"httpGet", "tcpSocket"}) {
          String host = handler.path(kind).path("host").asText("");
          if (!host.isEmpty()) {
            hosts.add(host);
            names.add(container.path("name").asText());
          }
        }
      }
    }
    if (!names.isEmpty()) {
      pod.add(
          "probe or lifecycle host",
          named("container", List.copyOf(names))
              + (names.size() == 1 ? " uses " : " use ")
              + (hosts.size() == 1 ? "probe or lifecycle host " : "probe or lifecycle hosts ")
              + quoted(hosts));
    }
  }

  private void sysctls() {
    Set<String> sysctls = new TreeSet<>();
    for (JsonNode sysctl : pod.context().path("sysctls")) {
      String name = sysctl.path("name").asText();
      if (!pod.since(SAFE_SYSCTLS.getOrDefault(name, Integer.MAX_VALUE))) {
        sysctls.add(name);
      }
    }
    if (!sysctls.isEmpty()) {
      pod.add("forbidden sysctls", String.join(", ", sysctls));
    }
  }
}
