package dev.coracle.admission.podsecurity;

import static dev.coracle.admission.podsecurity.CheckedPod.context;
import static dev.coracle.admission.podsecurity.CheckedPod.named;
import static dev.coracle.admission.podsecurity.CheckedPod.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the level restricted forbids beyond baseline, and what it demands: hardened Pods. */
final class RestrictedControls {

  private static final Set<String> VOLUMES =
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

  private static final Set<String> SECCOMP_PROFILES = Set.of("RuntimeDefault", "Localhost");

  private final CheckedPod pod;

  private RestrictedControls(CheckedPod pod) {
    this.pod = pod;
  }

  static void check(CheckedPod pod) {
    new RestrictedControls(pod).check();
  }

  private void check() {
    if (pod.since(8) && !pod.isWindows()) {
      pod.addContainers(
          c -> context(c).path("allowPrivilegeEscalation").asBoolean(true),
          "allowPrivilegeEscalation != false",
          "must set securityContext.allowPrivilegeEscalation=false");
    }
    if (pod.since(22) && !pod.isWindows()) {
      capabilities();
    }
    volumes();
    runAsNonRoot();
    if (pod.since(23)) {
      runAsUser();
    }
    if (pod.since(19) && !pod.isWindows()) {
      seccomp();
    }
  }

  private void capabilities() {
    List<String> missing = pod.names(c -> !dropsAll(c));
    Set<String> forbidden = new TreeSet<>();
    List<String> adding = new ArrayList<>();
    for (JsonNode container : pod.containers()) {
      Set<String> bad = new TreeSet<>();
      for (JsonNode capability : context(container).path("capabilities").path("add")) {
        if (!capability.asText().equals("NET_BIND_SERVICE")) {
          bad.add(capability.asText());
        }
      }
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
      pod.add("unrestricted capabilities", String.join("; ", details));
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

  private void volumes() {
    List<String> volumes = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      volume
          .fieldNames()
          .forEachRemaining(
              field -> {
                if (!VOLUMES.contains(field)) {
                  volumes.add(volume.path("name").asText());
                  types.add(field);
                }
              });
    }
    if (!volumes.isEmpty()) {
      pod.add(
          "restricted volume types",
          named("volume", volumes)
              + (volumes.size() == 1 ? " uses" : " use")
              + " restricted volume type"
              + (types.size() == 1 ? " " : "s ")
              + quoted(types));
    }
  }

  private void runAsNonRoot() {
    boolean ofPod = pod.context().path("runAsNonRoot").asBoolean();
    List<String> wrong = pod.names(c -> !context(c).path("runAsNonRoot").asBoolean(ofPod));
    if (!wrong.isEmpty()) {
      pod.add(
          "runAsNonRoot != true",
          "pod or " + named("container", wrong) + " must set securityContext.runAsNonRoot=true");
    }
  }

  private void runAsUser() {
    if (pod.context().path("runAsUser").asLong(-1) == 0) {
      pod.add("runAsUser=0", "pod must not set runAsUser=0");
    } else {
      pod.addContainers(
          c -> context(c).path("runAsUser").asLong(-1) == 0,
          "runAsUser=0",
          "must not set runAsUser=0");
    }
  }

  private void seccomp() {
    boolean ofPod = SECCOMP_PROFILES.contains(profile(pod.context()));
    List<String> wrong =
        pod.names(
            c ->
                profile(context(c)).isEmpty()
                    ? !ofPod
                    : !SECCOMP_PROFILES.contains(profile(context(c))));
    if (!wrong.isEmpty()) {
      pod.add(
          "seccompProfile",
          "pod or "
              + named("container", wrong)
              + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
              + " \"Localhost\"");
    }
  }

  private static String profile(JsonNode context) {
    return context.path("seccompProfile").path("type").asText("");
  }
}
