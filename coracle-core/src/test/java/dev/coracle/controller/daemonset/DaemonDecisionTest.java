package dev.coracle.controller.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DaemonDecisionTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static KubeObject set(String strategy) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, namespace: ns, uid: set, generation: 3}
        spec:
          minReadySeconds: 10
          updateStrategy: {%s}
          template: {spec: {containers: [{name: main, image: one}]}}
        """
            .formatted(strategy));
  }

  /**
   * Nodes in one letter each; with {@code ?} keeps the Pods it has and takes no new one, {@code !}
   * none.
   */
  private static List<KubeObject> nodes(String words) {
    List<KubeObject> nodes = new ArrayList<>();
    for (String word : words.split(" ")) {
      String effect =
          word.endsWith("!") ? "NoExecute" : word.endsWith("?") ? "NoSchedule" : "PreferNoSchedule";
      nodes.add(
          Make.object(
              """
              apiVersion: v1
              kind: Node
              metadata: {name: %s}
              spec: {taints: [{key: k, effect: %s}]}
              """
                  .formatted(word.substring(0, 1), effect)));
    }
    return nodes;
  }

  /**
   * Pods in one word each: the node, {@code n}ew or {@code o}ld, and {@code +} available, {@code ~}
   * ready for two seconds, {@code -} not ready, {@code w} waiting for its node, {@code f}ailed,
   * {@code s}ucceeded, {@code x} leaving; then how old it is, in minutes.
   */
  private static List<KubeObject> pods(String words) {
    List<KubeObject> pods = new ArrayList<>();
    for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
      char state = word.charAt(2);
      boolean waits = state == 'w';
      String node = word.substring(0, 1);
      pods.add(
          Make.object(
              """
              apiVersion: v1
              kind: Pod
              metadata:
                name: %s
                namespace: ns
                uid: %s
                labels: {controller-revision-hash: %s}
                creationTimestamp: "2026-01-01T00:5%s:00Z"
                %s
              spec: {%s}
              status:
                phase: %s
                conditions: [{type: Ready, status: "%s", lastTransitionTime: "%s"}]
              """
                  .formatted(
                      word.replaceAll("[^a-z0-9]", "") + "-" + (int) state,
                      word,
                      word.charAt(1) == 'n' ? "new" : "old",
                      9 - Integer.parseInt(word.substring(3)),
                      state == 'x' ? "deletionTimestamp: \"2026-01-01T01:00:00Z\"" : "",
                      waits
                          ? "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                              + " {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator:"
                              + " In, values: ["
                              + node
                              + "]}]}]}}}"
                          : "nodeName: " + node,
                      switch (state) {
                        case 'w' -> "Pending";
                        case 'f' -> "Failed";
                        case 's' -> "Succeeded";
                        default -> "Running";
                      },
                      state == '+' || state == '~' || state == 'x' ? "True" : "False",
                      state == '~' ? "2026-01-01T00:59:58Z" : "2026-01-01T00:00:00Z")));
    }
    return pods;
  }

  /**
   * A plan in words: {@code +a} starts, {@code -an+1} ends, {@code !} failed, {@code .} succeeded.
   */
  private static String shown(DaemonDecision.Plan plan) {
    List<String> words = new ArrayList<>();
    plan.create().forEach(node -> words.add("+" + node));
    plan.delete().forEach(pod -> words.add("-" + pod.uid()));
    plan.failed().forEach(pod -> words.add("!" + pod.uid()));
    plan.succeeded().forEach(pod -> words.add("." + pod.uid()));
    return String.join(" ", words);
  }

  private static DaemonDecision decision(String strategy, String nodes, String pods) {
    return new DaemonDecision(set(strategy), nodes(nodes), pods(pods), "new", NOW);
  }

  private static String rolling(int surge, Object unavailable) {
    return "type: RollingUpdate, rollingUpdate: {maxSurge: %d, maxUnavailable: %s}"
        .formatted(surge, unavailable);
  }

  static Stream<Arguments> placements() {
    String one = rolling(0, 1);
    String surge = rolling(1, 0);
    return Stream.of(
        Arguments.of(one, "a b", "", "+a +b"),
        Arguments.of(one, "a b? c!", "an+1", ""),
        Arguments.of(one, "a b? c!", "an+1 bn+1 cn+1", "-cn+1"),
        Arguments.of(one, "a", "an-1", ""),
        Arguments.of(one, "a", "anw1", ""),
        Arguments.of(one, "a", "anx1", ""),
        Arguments.of(surge, "a", "anx1", "+a"),
        Arguments.of(surge, "a?", "anx1", ""),
        Arguments.of(one, "a", "anf1", "!anf1"),
        Arguments.of(one, "a", "ans1", ".ans1"),
        Arguments.of(surge, "a", "anf1", "+a !anf1"),
        // too many: the oldest that has a node stays
        Arguments.of(one, "a", "an+1 an+5", "-an+1"),
        Arguments.of(one, "a", "anw5 an+1", "-anw5"),
        Arguments.of(one, "a", "ao+1 an+5", "-ao+1"),
        // side by side
        Arguments.of(surge, "a", "ao+5 an-1", ""),
        Arguments.of(surge, "a", "ao+5 an~1", ""),
        Arguments.of(surge, "a", "ao+5 an+1", "-ao+5"),
        Arguments.of(surge, "a", "ao-5 an-1", "-ao-5"),
        Arguments.of(surge, "a", "an+5 an+1", "-an+1"),
        Arguments.of(surge, "a", "ao-1 ao+1 an-1", "-ao-1"),
        // a node that is gone
        Arguments.of(one, "a", "an+1 zn+1 ynw1", "-ynw1"));
  }

  @ParameterizedTest(name = "{0} | {1} | {2} -> {3}")
  @MethodSource("placements")
  void place_podsOnNodes_is(String strategy, String nodes, String pods, String expected) {
    assertThat(shown(decision(strategy, nodes, pods).place())).isEqualTo(expected);
  }

  static Stream<Arguments> rolls() {
    return Stream.of(
        Arguments.of(rolling(0, 1), "a b c", "ao+1 bo+1 co+1", "-ao+1"),
        Arguments.of(rolling(0, 2), "a b c", "ao+1 bo+1 co+1", "-ao+1 -bo+1"),
        Arguments.of(rolling(0, "\"34%\""), "a b c", "ao+1 bo+1 co+1", "-ao+1 -bo+1"),
        Arguments.of(rolling(0, 0), "a b c", "ao+1 bo+1 co+1", "-ao+1"),
        Arguments.of(rolling(0, 1), "a b c", "an-1 bo+1 co+1", ""),
        Arguments.of(rolling(0, 1), "a b c", "an~1 bo+1 co+1", ""),
        Arguments.of(rolling(0, 1), "a b c", "an+1 bo+1 co+1", "-bo+1"),
        Arguments.of(rolling(0, 1), "a b c", "ao-1 bo-1 co+1", "-ao-1 -bo-1"),
        Arguments.of(rolling(0, 1), "a b c", "aox1 bo+1 co+1", ""),
        Arguments.of(rolling(0, 1), "a b c", "ao+1 bo+1", ""),
        Arguments.of(rolling(0, 1), "a b", "an+1 bn+1", ""),
        Arguments.of("type: OnDelete", "a b", "ao+1 bo+1", ""),
        Arguments.of(rolling(1, 0), "a b c", "ao+1 bo+1 co+1", "+a"),
        Arguments.of(rolling(2, 0), "a b c", "ao+1 bo+1 co+1", "+a +b"),
        Arguments.of(rolling(1, 0), "a b c", "ao+5 an-1 bo+1 co+1", ""),
        Arguments.of(rolling(1, 0), "a b c", "ao+5 an+1 bo+1 co+1", "+b -ao+5"),
        Arguments.of(rolling(1, 0), "a b c", "ao-1 bo+1 co+1", "+a +b"),
        Arguments.of(rolling(1, 0), "a b? c", "an+1 bo-1 cn+1", "-bo-1"),
        // a node that takes no new Pod keeps its own until there are enough without it
        Arguments.of(rolling(1, 0), "a b? c", "an-1 bo+1 cn+1", ""),
        Arguments.of(rolling(1, 0), "a b? c", "an+1 bo+1 cn+1", "-bo+1"));
  }

  @ParameterizedTest(name = "{0} | {1} | {2} -> {3}")
  @MethodSource("rolls")
  void roll_podsOnNodes_is(String strategy, String nodes, String pods, String expected) {
    assertThat(shown(decision(strategy, nodes, pods).roll())).isEqualTo(expected);
  }

  @Test
  void status_ofPodsOnNodes_counts() {
    ObjectNode status = decision(rolling(0, 1), "a b c d? e", "an+1 bo~1 do+1 enx1").status(3);
    assertThat(status.path("desiredNumberScheduled").asInt()).isEqualTo(4);
    assertThat(status.path("currentNumberScheduled").asInt()).isEqualTo(3);
    assertThat(status.path("numberMisscheduled").asInt()).isEqualTo(1);
    assertThat(status.path("numberReady").asInt()).isEqualTo(3);
    assertThat(status.path("numberAvailable").asInt()).isEqualTo(2);
    assertThat(status.path("numberUnavailable").asInt()).isEqualTo(2);
    assertThat(status.path("updatedNumberScheduled").asInt()).isEqualTo(2);
    assertThat(status.path("observedGeneration").asInt()).isEqualTo(3);
  }

  @Test
  void roll_randomPods_neverTakesMoreThanItMay() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int count = 1 + random.nextInt(9);
      int most = 1 + random.nextInt(4);
      boolean surges = random.nextBoolean();
      StringBuilder nodes = new StringBuilder();
      StringBuilder pods = new StringBuilder();
      int unavailable = 0;
      for (int i = 0; i < count; i++) {
        char node = (char) ('a' + i);
        nodes.append(nodes.isEmpty() ? "" : " ").append(node);
        String pod = List.of("n+", "n-", "o+", "o+", "o-", "ox").get(random.nextInt(6));
        unavailable += pod.endsWith("+") ? 0 : 1;
        pods.append(pods.isEmpty() ? "" : " ").append(node).append(pod).append('1');
      }
      DaemonDecision.Plan plan =
          decision(surges ? rolling(most, 0) : rolling(0, most), nodes.toString(), pods.toString())
              .roll();
      long lost = plan.delete().stream().filter(pod -> pod.uid().contains("+")).count();
      if (surges) {
        String there = pods.toString();
        long beside = plan.create().stream().filter(node -> there.contains(node + "o+")).count();
        assertThat(lost).as("seed %s: %s", seed, pods).isZero();
        assertThat(beside).as("seed %s: %s", seed, pods).isLessThanOrEqualTo(most);
      } else {
        assertThat(lost)
            .as("seed %s: %s", seed, pods)
            .isLessThanOrEqualTo(Math.max(0, most - unavailable));
      }
    }
  }
}
