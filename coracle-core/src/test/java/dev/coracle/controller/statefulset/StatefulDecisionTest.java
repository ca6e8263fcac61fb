package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StatefulDecisionTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static KubeObject set(String spec) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: ns, uid: set, generation: 1}
        spec: {%s}
        """
            .formatted(
                spec.startsWith("replicas")
                    ? spec
                    : "replicas: 3" + (spec.isEmpty() ? "" : ", " + spec)));
  }

  /**
   * Pods in one word each: the ordinal, {@code n}ew or {@code o}ld, and {@code +} available, {@code
   * ~} ready for two seconds, {@code -} not ready, {@code p}ending, {@code f}ailed, {@code
   * s}ucceeded, {@code x} leaving.
   */
  private static List<KubeObject> pods(String words) {
    List<KubeObject> pods = new ArrayList<>();
    for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
      int ordinal = Integer.parseInt(word.substring(0, word.length() - 2));
      char state = word.charAt(word.length() - 1);
      String since = state == '~' ? "2026-01-01T00:59:58Z" : "2026-01-01T00:00:00Z";
      pods.add(
          Make.object(
              """
              apiVersion: v1
              kind: Pod
              metadata:
                name: db-%d
                namespace: ns
                uid: uid-%d
                labels: {controller-revision-hash: %s, statefulset.kubernetes.io/pod-name: db-%d}
                %s
              status:
                phase: %s
                conditions: [{type: Ready, status: "%s", lastTransitionTime: "%s"}]
              """
                  .formatted(
                      ordinal,
                      ordinal,
                      word.charAt(word.length() - 2) == 'n' ? "new" : "old",
                      ordinal,
                      state == 'x' ? "deletionTimestamp: \"2026-01-01T01:00:00Z\"" : "",
                      switch (state) {
                        case 'p' -> "Pending";
                        case 'f' -> "Failed";
                        case 's' -> "Succeeded";
                        default -> "Running";
                      },
                      state == '+' || state == '~' || state == 'x' ? "True" : "False",
                      since)));
    }
    return pods;
  }

  private static StatefulDecision decision(String spec, String pods) {
    return new StatefulDecision(set(spec), pods(pods), "old", "new", NOW);
  }

  /** A plan in words: {@code +2n} starts, {@code !2} replaces an ended Pod, {@code -2} ends. */
  private static String shown(StatefulDecision.Plan plan) {
    List<String> words = new ArrayList<>();
    plan.finished().forEach(pod -> words.add("!" + pod.name().substring(3)));
    plan.create().forEach(s -> words.add("+" + s.ordinal() + (s.update() ? "n" : "o")));
    plan.condemned().forEach(pod -> words.add("-" + pod.name().substring(3)));
    plan.replace().forEach(pod -> words.add("~" + pod.name().substring(3)));
    return String.join(" ", words);
  }

  private static final String PARALLEL = "podManagementPolicy: Parallel";

  private static String rolling(String fields) {
    return "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0, " + fields + "}}";
  }

  private static String partition(int partition) {
    return "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: " + partition + "}}";
  }

  static Stream<Arguments> plans() {
    return Stream.of(
        // in order
        Arguments.of("", "", "+0n"),
        Arguments.of("", "0n+", "+1n"),
        Arguments.of("", "0np", ""),
        Arguments.of("", "0n-", ""),
        Arguments.of("", "0nx", ""),
        Arguments.of("minReadySeconds: 10", "0n~", ""),
        Arguments.of("minReadySeconds: 1", "0n~", "+1n"),
        Arguments.of("", "0nf", "!0"),
        Arguments.of("", "0ns", "!0"),
        Arguments.of("", "0n+ 2n+", "+1n"),
        Arguments.of("ordinals: {start: 5}", "", "+5n"),
        Arguments.of("ordinals: {start: 1}", "0n+ 1n+ 2n+ 3n+", "-0"),
        // all at once
        Arguments.of(PARALLEL, "", "+0n +1n +2n"),
        Arguments.of(PARALLEL, "0n- 1nf 3n+", "!1 +2n -3"),
        Arguments.of(PARALLEL, "0n+ 1n+ 2n+ 3n- 4n+ 5nx", "-4 -3"),
        // fewer
        Arguments.of("", "0n+ 1n+ 2n+ 3n+ 4n+", "-4"),
        Arguments.of("", "0n+ 1n+ 2n+ 3n+ 4nx", ""),
        Arguments.of("", "0n+ 1n+ 2n- 3n+ 4n+", ""),
        Arguments.of("", "0n+ 1n+ 2n+ 3n+ 4n-", "-4"),
        Arguments.of("", "0n+ 1n+ 2n+ 3n- 4n-", ""),
        Arguments.of("", "0n+ 1n+ 2n+ 3n- 4n+", "-4"),
        Arguments.of("replicas: 0", "0n+ 1n+", "-1"),
        // another template
        Arguments.of("", "0o+ 1o+ 2o+", "~2"),
        Arguments.of("", "0o+ 1o+ 2n+", "~1"),
        Arguments.of("", "0o+ 1o+ 2n-", ""),
        Arguments.of("", "0o+ 1o+ 2ox", ""),
        Arguments.of("updateStrategy: {type: OnDelete}", "0o+ 1o+ 2o+", ""),
        Arguments.of("updateStrategy: {type: OnDelete}", "0o+ 1o+", "+2n"),
        Arguments.of(partition(2), "0o+ 1o+ 2o+", "~2"),
        Arguments.of(partition(2), "0o+ 1o+ 2n+", ""),
        Arguments.of(partition(2), "0o+ 2n+", "+1o"),
        Arguments.of(partition(4), "0o+ 1o+", "+2o"),
        Arguments.of("ordinals: {start: 1}, " + partition(2), "1o+ 2o+ 3o+", "~3"),
        Arguments.of("ordinals: {start: 1}, " + partition(2), "1o+ 2o+ 3n+", ""),
        // a broken template is replaced although none of its Pods is available
        Arguments.of(PARALLEL, "0o- 1o- 2o-", "~2"),
        Arguments.of(PARALLEL, "0o- 1o- 2n-", ""),
        Arguments.of(PARALLEL, "0o+ 1of 2n+", "!1"),
        // maxUnavailable
        Arguments.of(rolling("maxUnavailable: 2"), "0o+ 1o+ 2o+", "~2 ~1"),
        Arguments.of(rolling("maxUnavailable: 5"), "0o+ 1o+ 2o+", "~2 ~1 ~0"),
        Arguments.of(rolling("maxUnavailable: 50%"), "0o+ 1o+ 2o+", "~2"),
        Arguments.of(rolling("maxUnavailable: 1%"), "0o+ 1o+ 2o+", "~2"),
        Arguments.of(PARALLEL + ", " + rolling("maxUnavailable: 2"), "0o+ 1o+ 2n-", "~1"),
        Arguments.of(PARALLEL + ", " + rolling("maxUnavailable: 2"), "0o+ 1ox 2n-", ""),
        Arguments.of(PARALLEL + ", " + rolling("maxUnavailable: 1"), "0o- 1o- 2o+", "~1 ~0"),
        Arguments.of(PARALLEL + ", " + rolling("maxUnavailable: 2"), "0o- 1o+ 2o+", "~2 ~0"));
  }

  @ParameterizedTest(name = "{0} | {1} -> {2}")
  @MethodSource("plans")
  void plan_ofASet_is(String spec, String pods, String expected) {
    assertThat(shown(decision(spec, pods).plan())).isEqualTo(expected);
  }

  @Test
  void plan_beingDeleted_doesNothing() {
    KubeObject set =
        Make.object(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db, namespace: ns, deletionTimestamp: "2026-01-01T00:00:00Z"}
            spec: {replicas: 3}
            """);
    assertThat(shown(new StatefulDecision(set, List.of(), "old", "new", NOW).plan())).isEmpty();
  }

  @Test
  void status_midway_countsByRevision() {
    StatefulDecision decision = decision("minReadySeconds: 10", "0o+ 1n~ 2n- 3o+");
    ObjectNode status = decision.status(pods("0o+"), 4);
    assertThat(status.path("replicas").asInt()).isEqualTo(4);
    assertThat(status.path("readyReplicas").asInt()).isEqualTo(3);
    assertThat(status.path("availableReplicas").asInt()).isEqualTo(2);
    assertThat(status.path("updatedReplicas").asInt()).isEqualTo(2);
    assertThat(status.path("currentRevision").asText()).isEqualTo("old");
    assertThat(status.path("updateRevision").asText()).isEqualTo("new");
    assertThat(status.path("collisionCount").asInt()).isEqualTo(4);
  }

  @Test
  void status_allNew_completesTheRollout() {
    ObjectNode status = decision("", "0n+ 1n+ 2n+").status(List.of(), 0);
    assertThat(status.path("currentRevision").asText()).isEqualTo("new");
    assertThat(status.path("currentReplicas").asInt()).isEqualTo(3);
  }
}
