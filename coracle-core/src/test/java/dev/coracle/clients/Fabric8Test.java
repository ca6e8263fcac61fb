package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs written with fabric8's client, as its README shows them. */
class Fabric8Test {

  @TempDir private static Path directory;
  private static TestCluster cluster;
  private static KubernetesClient client;

  @BeforeAll
  static void start() {
    cluster = TestCluster.controlPlane(directory);
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    cluster.close();
  }

  private static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("app", "fabric8")
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("main")
        .withImage("host")
        .withCommand("sleep", "60")
        .endContainer()
        .endSpec()
        .build();
  }

  private static ConfigMap configMap(String name) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .endMetadata()
        .addToData("kept", "1")
        .addToData("changed", "1")
        .build();
  }

  @Test
  void pod_listCreateEditDelete_eachSeesTheOneBefore() {
    var pods = client.pods().inNamespace("default");
    assertThat(names(pods.withLabel("step", "yes").list().getItems())).isEmpty();

    Pod created = pods.resource(pod("four-steps")).create();
    assertThat(created.getMetadata().getUid()).isNotBlank();
    assertThat(created.getSpec().getServiceAccountName()).isEqualTo("default");
    assertThat(created.getStatus().getPhase()).isEqualTo("Pending");

    Pod edited =
        pods.withName("four-steps")
            .edit(p -> new PodBuilder(p).editMetadata().addToLabels("step", "yes").and().build());
    assertThat(edited.getMetadata().getLabels())
        .containsEntry("step", "yes")
        .containsEntry("app", "fabric8");
    assertThat(names(pods.withLabel("step", "yes").list().getItems()))
        .containsExactly("four-steps");

    assertThat(pods.withName("four-steps").delete()).hasSize(1);
    await().until(() -> pods.withName("four-steps").get() == null);
  }

  @Test
  void pod_createdTwice_isAConflictWithKubernetesReason() {
    var pods = client.pods().inNamespace("default");
    pods.resource(pod("twice")).create();
    assertThatThrownBy(() -> pods.resource(pod("twice")).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(409);
              assertThat(e.getStatus().getReason()).isEqualTo("AlreadyExists");
              assertThat(e.getStatus().getMessage()).isEqualTo("pods \"twice\" already exists");
            });
  }

  @Test
  void informer_podAddedChangedDeleted_handlerIsToldInOrder() {
    List<String> told = new CopyOnWriteArrayList<>();
    try (SharedIndexInformer<Pod> informer =
        client
            .pods()
            .inNamespace("default")
            .withLabel("informed", "yes")
            .inform(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(Pod pod) {
                    told.add("add " + pod.getMetadata().getName());
                  }

                  @Override
                  public void onUpdate(Pod before, Pod after) {
                    told.add("update " + after.getMetadata().getAnnotations().get("step"));
                  }

                  @Override
                  public void onDelete(Pod pod, boolean unknown) {
                    told.add("delete " + pod.getMetadata().getName());
                  }
                })) {
      assertThat(informer.hasSynced()).isTrue();
      var pods = client.pods().inNamespace("default");
      Pod informed =
          new PodBuilder(pod("informed"))
              .editMetadata()
              .addToLabels("informed", "yes")
              .and()
              .build();
      pods.resource(informed).create();
      await().until(() -> told.contains("add informed"));
      pods.withName("informed")
          .edit(p -> new PodBuilder(p).editMetadata().addToAnnotations("step", "2").and().build());
      await().until(() -> told.contains("update 2"));
      pods.withName("informed").withGracePeriod(0).delete();
      await().until(() -> told.contains("delete informed"));
      assertThat(informer.getStore().list()).isEmpty();
      assertThat(told.getFirst()).isEqualTo("add informed");
    }
  }

  @Test
  void watch_configMapCreated_eventArrives() {
    List<String> events = new CopyOnWriteArrayList<>();
    try (Watch watch =
        client
            .configMaps()
            .inNamespace("default")
            .withName("watched")
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, ConfigMap map) {
                    events.add(action + " " + map.getData().get("kept"));
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    events.add("closed " + cause);
                  }
                })) {
      client.resource(configMap("watched")).create();
      await().until(() -> events.contains("ADDED 1"));
      client
          .configMaps()
          .inNamespace("default")
          .withName("watched")
          .edit(m -> new ConfigMapBuilder(m).addToData("kept", "2").build());
      await().until(() -> events.contains("MODIFIED 2"));
    }
    assertThat(events).containsSubsequence("ADDED 1", "MODIFIED 2");
  }

  @Test
  void deployment_createdAndScaled_replicaSetMakesThePods() {
    Deployment deployment =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName("web")
            .endMetadata()
            .withNewSpec()
            .withReplicas(2)
            .withNewSelector()
            .addToMatchLabels("app", "web")
            .endSelector()
            .withNewTemplate()
            .withNewMetadata()
            .addToLabels("app", "web")
            .endMetadata()
            .withSpec(pod("template").getSpec())
            .endTemplate()
            .endSpec()
            .build();
    var deployments = client.apps().deployments().inNamespace("default");
    deployments.resource(deployment).create();
    awaitPods("web", 2);
    deployments.withName("web").scale(3);
    awaitPods("web", 3);
    assertThat(deployments.withName("web").get().getSpec().getReplicas()).isEqualTo(3);
    assertThat(
            client
                .apps()
                .replicaSets()
                .inNamespace("default")
                .withLabel("app", "web")
                .list()
                .getItems())
        .singleElement()
        .satisfies(
            set ->
                assertThat(set.getMetadata().getOwnerReferences().getFirst().getName())
                    .isEqualTo("web"));
    deployments.withName("web").delete();
    await().until(() -> deployments.withName("web").get() == null);
  }

  private static void awaitPods(String app, int count) {
    await()
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .pods()
                            .inNamespace("default")
                            .withLabel("app", app)
                            .list()
                            .getItems())
                    .hasSize(count));
  }

  @Test
  void configMap_eachKindOfPatch_changesWhatItNames() {
    var maps = client.configMaps().inNamespace("default");
    maps.resource(configMap("patched")).create();
    var map = maps.withName("patched");

    map.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"changed\":\"merge\"}}");
    assertThat(map.get().getData()).isEqualTo(Map.of("kept", "1", "changed", "merge"));
    map.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"changed\":\"strategic\"}}");
    assertThat(map.get().getData()).isEqualTo(Map.of("kept", "1", "changed", "strategic"));
    map.patch(
        PatchContext.of(PatchType.JSON),
        "[{\"op\":\"test\",\"path\":\"/data/kept\",\"value\":\"1\"},"
            + "{\"op\":\"replace\",\"path\":\"/data/changed\",\"value\":\"json\"}]");
    assertThat(map.get().getData()).isEqualTo(Map.of("kept", "1", "changed", "json"));
    assertThatThrownBy(
            () ->
                map.patch(
                    PatchContext.of(PatchType.JSON),
                    "[{\"op\":\"test\",\"path\":\"/data/kept\",\"value\":\"other\"}]"))
        .isInstanceOf(KubernetesClientException.class);
  }

  @Test
  void update_staleResourceVersion_isAConflict() {
    var maps = client.configMaps().inNamespace("default");
    ConfigMap first = maps.resource(configMap("stale")).create();
    maps.resource(new ConfigMapBuilder(first).addToData("kept", "2").build()).update();
    assertThatThrownBy(
            () ->
                maps.resource(new ConfigMapBuilder(first).addToData("kept", "3").build()).update())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
    assertThat(maps.withName("stale").get().getData()).containsEntry("kept", "2");
  }

  @Test
  void discovery_versionGroupsAndResources_areKubernetes() {
    assertThat(client.getKubernetesVersion().getMajor()).isEqualTo("1");
    assertThat(client.getKubernetesVersion().getMinor()).isEqualTo("36");
    assertThat(client.hasApiGroup("apps", true)).isTrue();
    APIResourceList core = client.getApiResources("v1");
    assertThat(core.getResources())
        .anySatisfy(
            resource -> {
              assertThat(resource.getName()).isEqualTo("pods");
              assertThat(resource.getShortNames()).containsExactly("po");
            });
    assertThat(client.supports(Deployment.class)).isTrue();
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
  }
}
