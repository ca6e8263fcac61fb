package dev.coracle.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Scene;
import org.junit.jupiter.api.Test;

class InterPodAffinityTest {

  private static final InterPodAffinity DEFAULT = new InterPodAffinity(1, false);

  private final Scene scene = new Scene();

  private static String term(String app, String more) {
    return "{topologyKey: zone, labelSelector: {matchLabels: {app: " + app + "}}" + more + "}";
  }

  private static String required(String kind, String term) {
    return "affinity: {%s: {requiredDuringSchedulingIgnoredDuringExecution: [%s]}}, "
        .formatted(kind, term);
  }

  private static String preferred(String kind, int weight, String app) {
    return ("affinity: {%s: {preferredDuringSchedulingIgnoredDuringExecution:"
            + " [{weight: %d, podAffinityTerm: %s}]}}, ")
        .formatted(kind, weight, term(app, ""));
  }

  private static PodInfo pod(String name, String app, String affinity) {
    return Scene.pod(name, "app: " + app, affinity + Scene.asks(""));
  }

  private String reason(PodInfo pod, NodeInfo node) throws Exception {
    var rejection = scene.rejection(DEFAULT, pod, node);
    return rejection == null ? "" : rejection.reasons().getFirst();
  }

  @Test
  void filter_reasons_areOfTheThreeKinds() throws Exception {
    NodeInfo a = scene.node("a", "zone: z1");
    NodeInfo b = scene.node("b", "zone: z2");
    a.add(pod("db", "db", ""));
    b.add(pod("loner", "loner", required("podAntiAffinity", term("web", ""))));
    assertThat(reason(pod("p", "web", required("podAffinity", term("db", ""))), b))
        .isEqualTo("node(s) didn't match pod affinity rules");
    assertThat(reason(pod("p", "web", required("podAntiAffinity", term("db", ""))), a))
        .isEqualTo("node(s) didn't match pod anti-affinity rules");
    assertThat(reason(pod("p", "web", ""), b))
        .isEqualTo("node(s) didn't satisfy existing pods anti-affinity rules");
    assertThat(reason(pod("p", "web", ""), a)).isEmpty();
  }

  @Test
  void filter_firstOfAGroup_startsSomewhere() throws Exception {
    NodeInfo a = scene.node("a", "zone: z1");
    NodeInfo unlabelled = scene.node("b", "");
    PodInfo first = pod("p", "web", required("podAffinity", term("web", "")));
    assertThat(reason(first, a)).isEmpty();
    assertThat(reason(first, unlabelled)).isEqualTo("node(s) didn't match pod affinity rules");
  }

  @Test
  void filter_namespaceSelector_reachesOtherNamespaces() throws Exception {
    NodeInfo a = scene.node("a", "zone: z1");
    a.add(pod("db", "db", ""));
    String elsewhere = ", namespaces: [other]";
    String everywhere = ", namespaceSelector: {}";
    assertThat(reason(pod("p", "web", required("podAntiAffinity", term("db", elsewhere))), a))
        .isEmpty();
    assertThat(reason(pod("p", "web", required("podAntiAffinity", term("db", everywhere))), a))
        .isNotEmpty();
  }

  @Test
  void score_wishesOfBothSides_count() {
    NodeInfo a = scene.node("a", "zone: z1");
    NodeInfo b = scene.node("b", "zone: z2");
    scene.node("c", "zone: z3");
    a.add(pod("db", "db", ""));
    b.add(pod("fan", "fan", preferred("podAffinity", 30, "web")));
    PodInfo plain = pod("p", "web", "");
    assertThat(scene.scores(DEFAULT, plain)).containsExactly(0, 100, 0);
    assertThat(scene.scores(new InterPodAffinity(1, true), plain)).isNull();
    assertThat(scene.scores(DEFAULT, pod("p", "web", preferred("podAffinity", 60, "db"))))
        .containsExactly(100, 50, 0);
    assertThat(scene.scores(DEFAULT, pod("p", "web", preferred("podAntiAffinity", 30, "db"))))
        .containsExactly(0, 100, 50);
  }

  @Test
  void score_podThatMustBeNear_drawsByTheHardWeight() {
    scene.node("a", "zone: z1").add(pod("f", "f", required("podAffinity", term("web", ""))));
    scene.node("b", "zone: z2");
    assertThat(scene.scores(DEFAULT, pod("p", "web", ""))).containsExactly(100, 0);
    assertThat(scene.scores(new InterPodAffinity(0, false), pod("p", "web", ""))).isNull();
  }
}
