package dev.coracle.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.config.PluginArgs.ResourceWeight;
import dev.coracle.scheduler.config.PluginArgs.ShapePoint;
import dev.coracle.scheduler.config.PluginArgs.Strategy;
import dev.coracle.scheduler.config.PluginArgs.StrategyType;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Scene;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeResourcesFitTest {

  private final Scene scene = new Scene();

  private static NodeResourcesFit fit(Strategy strategy) {
    return new NodeResourcesFit(new PluginArgs.Fit(Set.of(), Set.of("ignored.io"), strategy));
  }

  private static final List<ResourceWeight> BOTH =
      List.of(new ResourceWeight("cpu", 1), new ResourceWeight("memory", 1));
  private static final NodeResourcesFit LEAST =
      fit(new Strategy(StrategyType.LEAST, BOTH, List.of()));

  private static PodInfo pod(String requests) {
    return Scene.pod("p", "", Scene.asks(requests));
  }

  @Test
  void filter_severalShort_namesEach() {
    NodeInfo node = scene.node("a", "", "example.com/gpu: 1", "");
    node.add(Scene.pod("x", "", Scene.asks("cpu: 3, memory: 6Gi, example.com/gpu: 1")));
    var rejection =
        LEAST
            .prepare(pod("cpu: 2, memory: 3Gi, ephemeral-storage: 1, example.com/gpu: 1"), scene)
            .reject(node);
    assertThat(rejection).isNotNull();
    assertThat(rejection.reasons())
        .containsExactly(
            "Insufficient cpu",
            "Insufficient memory",
            "Insufficient ephemeral-storage",
            "Insufficient example.com/gpu");
    assertThat(rejection.resolvable()).as("no Pod there has the storage").isFalse();
  }

  @Test
  void filter_moreThanTheWholeNode_isNothingThatPreemptionResolves() {
    NodeInfo node = scene.node("a", "");
    node.add(Scene.pod("x", "", Scene.asks("cpu: 3")));
    assertThat(LEAST.prepare(pod("cpu: 2"), scene).reject(node))
        .extracting(FilterPlugin.Rejection::resolvable)
        .isEqualTo(true);
    assertThat(LEAST.prepare(pod("cpu: 5"), scene).reject(node))
        .extracting(FilterPlugin.Rejection::resolvable)
        .isEqualTo(false);
  }

  @Test
  void filter_ignoredGroup_isNotLookedAt() {
    NodeInfo node = scene.node("a", "");
    assertThat(LEAST.prepare(pod("ignored.io/thing: 7"), scene).reject(node)).isNull();
    assertThat(LEAST.prepare(pod("example.com/thing: 7"), scene).reject(node)).isNotNull();
  }

  @Test
  void score_leastAndMost_areOpposites() {
    scene.node("empty", "");
    scene.node("half", "").add(Scene.pod("x", "", Scene.asks("cpu: 2, memory: 4Gi")));
    PodInfo pod = pod("cpu: 1, memory: 2Gi");
    assertThat(scene.scores(LEAST, pod)).containsExactly(75, 25);
    assertThat(scene.scores(fit(new Strategy(StrategyType.MOST, BOTH, List.of())), pod))
        .containsExactly(25, 75);
  }

  @Test
  void score_weights_count() {
    scene.node("a", "");
    Strategy cpuThrice =
        new Strategy(
            StrategyType.MOST,
            List.of(new ResourceWeight("cpu", 3), new ResourceWeight("memory", 1)),
            List.of());
    assertThat(scene.scores(fit(cpuThrice), pod("cpu: 4, memory: 2Gi"))).containsExactly(81);
  }

  @Test
  void score_ratio_followsTheShape() {
    scene.node("a", "", "example.com/gpu: 10", "");
    Strategy ratio =
        new Strategy(
            StrategyType.RATIO,
            List.of(new ResourceWeight("example.com/gpu", 1)),
            List.of(new ShapePoint(0, 0), new ShapePoint(50, 10), new ShapePoint(100, 4)));
    assertThat(scene.scores(fit(ratio), pod("example.com/gpu: 2"))).containsExactly(40);
    assertThat(scene.scores(fit(ratio), pod("example.com/gpu: 5"))).containsExactly(100);
    assertThat(scene.scores(fit(ratio), pod("example.com/gpu: 10"))).containsExactly(40);
    assertThat(scene.scores(fit(ratio), pod("cpu: 1"))).as("wants none").containsExactly(0);
  }

  @Test
  void balance_unevenUse_costsPoints() {
    BalancedAllocation balanced = new BalancedAllocation(BOTH);
    scene.node("a", "");
    assertThat(scene.scores(balanced, pod("cpu: 2, memory: 4Gi"))).containsExactly(100);
    assertThat(scene.scores(balanced, pod("cpu: 4"))).containsExactly(50);
    assertThat(scene.scores(balanced, Scene.pod("p", "", Scene.asks("")))).isNull();
  }
}
