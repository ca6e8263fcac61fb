package dev.coracle.controller.rootca;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Conformance: "should guarantee kube-root-ca.crt exist in any namespace". */
class RootCaStoryTest {

  private static final String NAME = RootCaController.NAME;

  @AutoClose private static final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private final String namespace = cluster.namespace();

  private KubeObject awaitMap() {
    return cluster.awaitObject(
        Resources.CONFIG_MAPS, namespace, NAME, map -> map.text("data", "ca.crt").equals("CA"));
  }

  @Test
  void namespace_created_hasTheBundle() {
    KubeObject map = awaitMap();
    assertThat(map.at("data").size()).isEqualTo(1);
    assertThat(map.text("metadata", "annotations", "kubernetes.io/description"))
        .startsWith("Contains a CA bundle that can be used to verify the kube-apiserver");
  }

  @Test
  void map_deleted_comesBack() {
    KubeObject first = awaitMap();
    KubeObject unused =
        cluster.admin().delete(Resources.CONFIG_MAPS, namespace, NAME, DeleteOptions.DEFAULT);
    unused =
        cluster.awaitObject(
            Resources.CONFIG_MAPS, namespace, NAME, map -> !map.uid().equals(first.uid()));
  }

  @Test
  void map_changed_isRepaired() {
    awaitMap();
    KubeObject unused =
        cluster.change(
            Resources.CONFIG_MAPS, namespace, NAME, "{data: {ca.crt: mine, more: things}}");
    KubeObject repaired =
        cluster.awaitObject(
            Resources.CONFIG_MAPS,
            namespace,
            NAME,
            map -> map.text("data", "ca.crt").equals("CA") && !map.at("data").has("more"));
    assertThat(repaired.at("data").size()).isEqualTo(1);
  }

  @Test
  void map_describedOtherwise_staysSo() {
    awaitMap();
    KubeObject unused =
        cluster.change(
            Resources.CONFIG_MAPS,
            namespace,
            NAME,
            "{metadata: {annotations: {kubernetes.io/description: ours}}, data: {ca.crt: mine}}");
    assertThat(awaitMap().text("metadata", "annotations", "kubernetes.io/description"))
        .isEqualTo("ours");
  }

  @Test
  void restart_mapWentMeanwhile_comesBack() throws Exception {
    awaitMap();
    cluster.restartControllers(
        () -> {
          KubeObject unused =
              cluster.admin().delete(Resources.CONFIG_MAPS, namespace, NAME, DeleteOptions.DEFAULT);
        });
    awaitMap();
  }
}
