package dev.coracle.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.LabelSelector;
import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.config.PluginArgs.DefaultConstraint;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Scene;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodTopologySpreadTest {

  private static final PodTopologySpread SYSTEM =
      new PodTopologySpread(PluginArgs.DEFAULT.spread());
  private static final String MISMATCH = "node(s) didn't match pod topology spread constraints";

  private final Scene scene = new Scene();

  private static PodInfo spread(String more) {
    return Scene.pod(
        "p",
        "app: web",
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone,"
            + " labelSelector: {matchLabels: {app: web}}, "
            + more
            + "}], "
            + Scene.asks(""));
  }

  private static void fill(NodeInfo node, int pods) {
    for (int i = 0; i < pods; i++) {
      node.add(Scene.pod(node.name() + i, "app: web", Scene.asks("")));
    }
  }

  private static String reason(FilterPlugin.Rejection rejection) {
    return rejection == null ? "" : rejection.reasons().getFirst();
  }

  private String reason(PodInfo pod, NodeInfo node) throws Exception {
    return reason(scene.rejection(SYSTEM, pod, node));
  }

  @Test
  void filter_unevenZones_keepsTheSkew() throws Exception {
    NodeInfo full = scene.node("a", "zone: z1");
    NodeInfo empty = scene.node("b", "zone: z2");
    NodeInfo none = scene.node("c", "");
    fill(full, 1);
    PodInfo pod = spread("whenUnsatisfiable: DoNotSchedule");
    assertThat(reason(pod, full)).isEqualTo(MISMATCH);
    assertThat(reason(pod, empty)).isEmpty();
    assertThat(reason(pod, none)).isEqualTo(MISMATCH + " (missing required label)");
  }

  @Test
  void filter_podsComeAndGo_countsAnew() throws Exception {
    NodeInfo one = scene.node("a", "zone: z1");
    scene.node("b", "zone: z2");
    PodInfo pod = spread("whenUnsatisfiable: DoNotSchedule");
    assertThat(reason(pod, one)).isEmpty();
    fill(one, 1);
    assertThat(reason(pod, one)).isEqualTo(MISMATCH);
    assertThat(reason(pod, one)).as("counted before").isEqualTo(MISMATCH);
    one.remove("a0");
    assertThat(reason(pod, one)).isEmpty();
  }

  @Test
  void filter_matchLabelKeys_narrowWhatCounts() throws Exception {
    NodeInfo full = scene.node("a", "zone: z1");
    scene.node("b", "zone: z2");
    fill(full, 1);
    PodInfo other =
        Scene.pod(
            "p",
            "app: web, hash: two",
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, matchLabelKeys: [hash],"
                + " whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}], "
                + Scene.asks(""));
    assertThat(reason(other, full)).isEmpty();
    full.add(Scene.pod("same", "app: web, hash: two", Scene.asks("")));
    assertThat(reason(other, full)).isEqualTo(MISMATCH);
  }

  @Test
  void filter_fewerDomainsThanMinDomains_countsAnEmptyOne() throws Exception {
    NodeInfo one = scene.node("a", "zone: z1");
    fill(one, 1);
    assertThat(reason(spread("whenUnsatisfiable: DoNotSchedule"), one)).isEmpty();
    assertThat(reason(spread("whenUnsatisfiable: DoNotSchedule, minDomains: 2"), one))
        .isEqualTo(MISMATCH);
  }

  @Test
  void filter_taintedNodes_countUnlessTaintsAreHonored() throws Exception {
    NodeInfo full = scene.node("a", "zone: z1");
    fill(full, 1);
    NodeInfo tainted = scene.node("b", "zone: z2");
    tainted.node(
        dev.coracle.controller.Make.object(
            "{apiVersion: v1, kind: Node, metadata: {name: b, labels: {zone: z2}},"
                + " spec: {taints: [{key: k, effect: NoSchedule}]}}"));
    assertThat(reason(spread("whenUnsatisfiable: DoNotSchedule"), full)).isEqualTo(MISMATCH);
    assertThat(reason(spread("whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor"), full))
        .isEmpty();
  }

  @Test
  void score_crowdedZones_haveFewerPoints() {
    fill(scene.node("a", "zone: z1"), 4);
    fill(scene.node("b", "zone: z2"), 2);
    scene.node("c", "zone: z3");
    scene.node("d", "");
    // ln(3 + 2) for each Pod, rounded: 6, 3, 0; then 100 * (6 + 0 - s) / 6
    assertThat(scene.scores(SYSTEM, spread("whenUnsatisfiable: ScheduleAnyway")))
        .containsExactly(0, 50, 100, 0);
  }

  @Test
  void score_podsOfASet_spreadOverHostsAndZonesByDefault() {
    PodInfo pod = Scene.pod("p", "app: web", Scene.asks(""));
    fill(scene.node("a", "topology.kubernetes.io/zone: z1"), 3);
    scene.node("b", "topology.kubernetes.io/zone: z1");
    scene.node("c", "topology.kubernetes.io/zone: z2");
    assertThat(scene.scores(SYSTEM, pod)).as("nobody's Pod").isNull();
    scene.kin = LabelSelector.ofLabels(Map.of("app", "web"));
    long[] scores = scene.scores(SYSTEM, pod);
    assertThat(scores).isNotNull();
    assertThat(scores[0]).isLessThan(scores[1]);
    assertThat(scores[1]).isLessThan(scores[2]);
    assertThat(scores[2]).isEqualTo(100);
  }

  @Test
  void filter_listDefaults_bindPodsThatSayNothing() throws Exception {
    PodTopologySpread list =
        new PodTopologySpread(
            new PluginArgs.Spread(
                false, List.of(new DefaultConstraint("zone", 1, "DoNotSchedule", 1, true, false))));
    NodeInfo full = scene.node("a", "zone: z1");
    scene.node("b", "zone: z2");
    fill(full, 1);
    scene.kin = LabelSelector.ofLabels(Map.of("app", "web"));
    PodInfo pod = Scene.pod("p", "app: web", Scene.asks(""));
    assertThat(reason(scene.rejection(list, pod, full))).isEqualTo(MISMATCH);
  }
}
