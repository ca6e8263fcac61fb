package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The Pod Security Standards (the Kubernetes page of that name), in any version: what a Pod has
 * that a level forbids, in Kubernetes' words.
 */
final class PodSecurityStandards {

  private static final Set<String> BASELINE_CAPABILITIES =
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
  private static final Set<String> RESTRICTED_VOLUMES =
      Set.of(
          "name",
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");

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

  private static final Set<String> SELINUX_TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t");
  private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

  /** Something that is forbidden: what, and where in detail. */
  record Violation(String reason, String detail) {

    /** All in one line. */
    static String line(List<Violation> violations) {
      return violations.stream()
          .map(each -> each.reason + " (" + each.detail + ")")
          .collect(Collectors.joining(", "));
    }

    /** Only what, not where. */
    static String reasons(List<Violation> violations) {
      return violations.stream().map(Violation::reason).collect(Collectors.joining(", "));
    }
  }

  private final JsonNode annotations;
  private final int minor;
  private final JsonNode spec;
  private final JsonNode podContext;
  private final boolean restricted;
  private final List<JsonNode> containers = new ArrayList<>();
  private final List<Violation> violations = new ArrayList<>();

  private PodSecurityStandards(JsonNode pod, boolean restricted, int minor) {
    this.spec = pod.path("spec");
    this.annotations = pod.path("metadata").path("annotations");
    this.minor = minor;
    this.podContext = spec.path("securityContext");
    this.restricted = restricted;
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      spec.path(list).forEach(containers::add);
    }
  }

  /**
   * @param pod a Pod, or its template
   * @param policy the level and its version
   * @return empty when the Pod is as the level wants it
   */
  static List<Violation> violations(JsonNode pod, PodSecurityLevel policy) {
    if (policy.level().equals("privileged")) {
      return List.of();
    }
    PodSecurityStandards check =
        new PodSecurityStandards(pod, policy.level().equals("restricted"), policy.minor());
    check.baseline();
    if (check.restricted) {
      check.restricted();
    }
    return check.violations;
  }

  private boolean since(int version) {
    return minor >= version;
  }

  private boolean isWindows() {
    return since(25) && spec.path("os").path("name").asText("").equals("windows");
  }

  private void baseline() {
    appArmor();
    if (!(restricted && since(22))) {
      capabilities(BASELINE_CAPABILITIES, "non-default capabilities");
    }
    List<String> host = new ArrayList<>();
    for (String field : new String[] {"hostNetwork", "hostPID", "hostIPC"}) {
      if (spec.path(field).asBoolean()) {
        host.add(field + "=true");
      }
    }
    if (!host.isEmpty()) {
      add("host namespaces", String.join(", ", host));
    }
    if (!restricted) {
      List<String> paths = new ArrayList<>();
      for (JsonNode volume : spec.path("volumes")) {
        if (volume.has("hostPath")) {
          paths.add(volume.path("name").asText());
        }
      }
      if (!paths.isEmpty()) {
        add("hostPath volumes", named("volume", paths));
      }
    }
    hostPorts();
    if (since(34)) {
      probeHosts();
    }
    containersThat(
        c -> context(c).path("privileged").asBoolean(),
        "privileged",
        "must not set securityContext.privileged=true");
    containersThat(
        c -> !context(c).path("procMount").asText("Default").equals("Default"),
        "procMount",
        "must not set securityContext.procMount to \"Unmasked\"");
    seLinux();
    if (!(restricted && since(19))) {
      seccompUnconfined();
    }
    Set<String> sysctls = new TreeSet<>();
    for (JsonNode sysctl : podContext.path("sysctls")) {
      if (!since(SAFE_SYSCTLS.getOrDefault(sysctl.path("name").asText(), Integer.MAX_VALUE))) {
        sysctls.add(sysctl.path("name").asText());
      }
    }
    if (!sysctls.isEmpty()) {
      add("forbidden sysctls", String.join(", ", sysctls));
    }
    hostProcess();
  }

  private void restricted() {
    if (since(8) && !isWindows()) {
      containersThat(
          c -> context(c).path("allowPrivilegeEscalation").asBoolean(true),
          "allowPrivilegeEscalation != false",
          "must set securityContext.allowPrivilegeEscalation=false");
    }
    if (since(22) && !isWindows()) {
      restrictedCapabilities();
    }
    List<String> volumes = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    for (JsonNode volume : spec.path("volumes")) {
      volume
          .fieldNames()
          .forEachRemaining(
              field -> {
                if (!RESTRICTED_VOLUMES.contains(field)) {
                  volumes.add(volume.path("name").asText());
                  types.add(field);
                }
              });
    }
    if (!volumes.isEmpty()) {
      add(
          "restricted volume types",
          named("volume", volumes)
              + (volumes.size() == 1 ? " uses" : " use")
              + " restricted volume type"
              + (types.size() == 1 ? " " : "s ")
              + quoted(types));
    }
    runAsNonRoot();
    if (since(23)) {
      runAsUser();
    }
    if (since(19) && !isWindows()) {
      seccompRequired();
    }
  }

  private void runAsUser() {
    if (podContext.path("runAsUser").asLong(-1) == 0) {
      add("runAsUser=0", "pod must not set runAsUser=0");
    } else {
      containersThat(
          c -> context(c).path("runAsUser").asLong(-1) == 0,
          "runAsUser=0",
          "must not set runAsUser=0");
    }
  }

  private void appArmor() {
    List<String> forbidden = new ArrayList<>();
    List<String> who = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    if (isForbiddenProfile(podContext)) {
      who.add("pod");
      types.add(profile(podContext));
    }
    List<String> names = containers(c -> isForbiddenProfile(context(c)));
    if (!names.isEmpty()) {
      who.add(named("container", names));
      containers.stream()
          .map(PodSecurityStandards::context)
          .filter(PodSecurityStandards::isForbiddenProfile)
          .forEach(context -> types.add(profile(context)));
    }
    if (!who.isEmpty()) {
      forbidden.add(
          String.join(" and ", who) + " must not set AppArmor profile type to " + quoted(types));
    }
    Set<String> annotated = new TreeSet<>();
    annotations
        .properties()
        .forEach(
            each -> {
              String value = each.getValue().asText();
              if (each.getKey().startsWith(APP_ARMOR)
                  && !value.isEmpty()
                  && !value.equals("runtime/default")
                  && !value.startsWith("localhost/")) {
                annotated.add(each.getKey() + "=\"" + value + '"');
              }
            });
    forbidden.addAll(annotated);
    if (!forbidden.isEmpty()) {
      add(
          "forbidden AppArmor profile" + (forbidden.size() == 1 ? "" : "s"),
          String.join(", ", forbidden));
    }
  }

  private static String profile(JsonNode context) {
    return context.path("appArmorProfile").path("type").asText("");
  }

  private static boolean isForbiddenProfile(JsonNode context) {
    return !Set.of("", "RuntimeDefault", "Localhost").contains(profile(context));
  }

  private void probeHosts() {
    Set<String> hosts = new TreeSet<>();
    Set<String> names = new TreeSet<>();
    for (JsonNode container : containers) {
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
      add(
          "probe or lifecycle host",
          named("container", List.copyOf(names))
              + (names.size() == 1 ? " uses " : " use ")
              + (hosts.size() == 1 ? "probe or lifecycle host " : "probe or lifecycle hosts ")
              + quoted(hosts));
    }
  }

  private static JsonNode context(JsonNode container) {
    return container.path("securityContext");
  }

  private void add(String reason, String detail) {
    violations.add(new Violation(reason, detail));
  }

  private List<String> containers(Predicate<JsonNode> which) {
    return containers.stream()
        .filter(which)
        .map(container -> container.path("name").asText())
        .toList();
  }

  private void containersThat(Predicate<JsonNode> which, String reason, String must) {
    List<String> names = containers(which);
    if (!names.isEmpty()) {
      add(reason, named("container", names) + " " + must);
    }
  }

  private static String quoted(Iterable<String> names) {
    List<String> quoted = new ArrayList<>();
    names.forEach(name -> quoted.add('"' + name + '"'));
    return String.join(", ", quoted);
  }

  private static String named(String what, List<String> names) {
    return what + (names.size() == 1 ? " " : "s ") + quoted(names);
  }

  private void capabilities(Set<String> allowed, String reason) {
    Set<String> forbidden = new TreeSet<>();
    List<String> names = new ArrayList<>();
    for (JsonNode container : containers) {
      boolean bad = false;
      for (JsonNode capability : context(container).path("capabilities").path("add")) {
        if (!allowed.contains(capability.asText())) {
          forbidden.add(capability.asText());
          bad = true;
        }
      }
      if (bad) {
        names.add(container.path("name").asText());
      }
    }
    if (!names.isEmpty()) {
      add(
          reason,
          named("container", names)
              + " must not include "
              + quoted(forbidden)
              + " in securityContext.capabilities.add");
    }
  }

  private void restrictedCapabilities() {
    List<String> missing = containers(c -> !dropsAll(c));
    Set<String> forbidden = new TreeSet<>();
    List<String> adding = new ArrayList<>();
    for (JsonNode container : containers) {
      Set<String> bad = new TreeSet<>();
      context(container)
          .path("capabilities")
          .path("add")
          .forEach(
              capability -> {
                if (!capability.asText().equals("NET_BIND_SERVICE")) {
                  bad.add(capability.asText());
                }
              });
      if (!bad.isEmpty()) {
        forbidden.addAll(bad);
        adding.add(container.path("name").asText());
      }
    }
    List<String> details = new ArrayList<>();
    if (!missing.isEmpty()) {
      details.add(
          named("container", missing) + " must set securityContext.capabilities.drop=[\"ALL\"]");
    }
    if (!adding.isEmpty()) {
      details.add(
          named("container", adding)
              + " must not include "
              + quoted(forbidden)
              + " in securityContext.capabilities.add");
    }
    if (!details.isEmpty()) {
      add("unrestricted capabilities", String.join("; ", details));
    }
  }

  private static boolean dropsAll(JsonNode container) {
    for (JsonNode capability : context(container).path("capabilities").path("drop")) {
      if (capability.asText().equals("ALL")) {
        return true;
      }
    }
    return false;
  }

  private void hostPorts() {
    List<String> names = new ArrayList<>();
    Set<Integer> ports = new TreeSet<>();
    for (JsonNode container : containers) {
      int before = ports.size();
      boolean uses = false;
      for (JsonNode port : container.path("ports")) {
        if (port.path("hostPort").asInt() != 0) {
          ports.add(port.path("hostPort").asInt());
          uses = true;
        }
      }
      if (uses || ports.size() > before) {
        names.add(container.path("name").asText());
      }
    }
    if (!names.isEmpty()) {
      add(
          "hostPort",
          named("container", names)
              + (names.size() == 1 ? " uses hostPort" : " use hostPort")
              + (ports.size() == 1 ? " " : "s ")
              + ports.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }
  }

  private boolean isAllowedType(String type) {
    return SELINUX_TYPES.contains(type) || (since(31) && type.equals("container_engine_t"));
  }

  private boolean badSeLinux(JsonNode context) {
    JsonNode options = context.path("seLinuxOptions");
    return !isAllowedType(options.path("type").asText(""))
        || !options.path("user").asText("").isEmpty()
        || !options.path("role").asText("").isEmpty();
  }

  private void seLinux() {
    List<String> who = new ArrayList<>();
    List<JsonNode> options = new ArrayList<>();
    if (badSeLinux(podContext)) {
      who.add("pod");
      options.add(podContext.path("seLinuxOptions"));
    }
    List<String> names = containers(c -> badSeLinux(context(c)));
    for (JsonNode container : containers) {
      if (badSeLinux(context(container))) {
        options.add(context(container).path("seLinuxOptions"));
      }
    }
    if (!names.isEmpty()) {
      who.add(named("container", names));
    }
    if (who.isEmpty()) {
      return;
    }
    Set<String> types = new TreeSet<>();
    boolean user = false;
    boolean role = false;
    for (JsonNode option : options) {
      if (!isAllowedType(option.path("type").asText(""))) {
        types.add(option.path("type").asText());
      }
      user |= !option.path("user").asText("").isEmpty();
      role |= !option.path("role").asText("").isEmpty();
    }
    List<String> details = new ArrayList<>();
    if (!types.isEmpty()) {
      details.add((types.size() == 1 ? "type " : "types ") + quoted(types));
    }
    if (user) {
      details.add("user may not be set");
    }
    if (role) {
      details.add("role may not be set");
    }
    add(
        "seLinuxOptions",
        String.join(" and ", who)
            + " set forbidden securityContext.seLinuxOptions: "
            + String.join("; ", details));
  }

  private static String seccomp(JsonNode context) {
    return context.path("seccompProfile").path("type").asText("");
  }

  private void seccompUnconfined() {
    List<String> who = new ArrayList<>();
    if (seccomp(podContext).equals("Unconfined")) {
      who.add("pod");
    }
    List<String> names = containers(c -> seccomp(context(c)).equals("Unconfined"));
    if (!names.isEmpty()) {
      who.add(named("container", names));
    }
    if (!who.isEmpty()) {
      add(
          "seccompProfile",
          String.join(" and ", who)
              + " must not set securityContext.seccompProfile.type to \"Unconfined\"");
    }
  }

  private void seccompRequired() {
    Set<String> good = Set.of("RuntimeDefault", "Localhost");
    boolean ofPod = good.contains(seccomp(podContext));
    List<String> wrong =
        containers(
            c -> seccomp(context(c)).isEmpty() ? !ofPod : !good.contains(seccomp(context(c))));
    if (!wrong.isEmpty()) {
      add(
          "seccompProfile",
          "pod or "
              + named("container", wrong)
              + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
              + " \"Localhost\"");
    }
  }

  private void runAsNonRoot() {
    boolean ofPod = podContext.path("runAsNonRoot").asBoolean();
    List<String> wrong = containers(c -> !context(c).path("runAsNonRoot").asBoolean(ofPod));
    if (!wrong.isEmpty()) {
      add(
          "runAsNonRoot != true",
          "pod or " + named("container", wrong) + " must set securityContext.runAsNonRoot=true");
    }
  }

  private void hostProcess() {
    JsonNode pod =
        podContext.path("windowsOptions").isObject()
            ? podContext.path("windowsOptions")
            : MissingNode.getInstance();
    List<String> who = new ArrayList<>();
    if (pod.path("hostProcess").asBoolean()) {
      who.add("pod");
    }
    List<String> names =
        containers(c -> context(c).path("windowsOptions").path("hostProcess").asBoolean());
    if (!names.isEmpty()) {
      who.add(named("container", names));
    }
    if (!who.isEmpty()) {
      add(
          "hostProcess",
          String.join(" and ", who)
              + " must not set securityContext.windowsOptions.hostProcess=true");
    }
  }
}
