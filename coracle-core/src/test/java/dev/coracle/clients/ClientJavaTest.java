package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.gson.reflect.TypeToken;
import dev.coracle.cluster.TestCluster;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.ApisApi;
import io.kubernetes.client.openapi.apis.AppsV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.apis.VersionApi;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1DeploymentSpec;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodList;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs written with the official Java client. */
class ClientJavaTest {

  @TempDir private static Path directory;
  private static TestCluster cluster;
  private static ApiClient client;
  private static CoreV1Api core;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.controlPlane(directory);
    client = Config.fromConfig(cluster.kubeconfig().toString());
    client.setReadTimeout(0);
    core = new CoreV1Api(client);
  }

  @AfterAll
  static void stop() {
    client.getHttpClient().dispatcher().executorService().shutdown();
    client.getHttpClient().connectionPool().evictAll();
    cluster.close();
  }

  private static V1PodSpec podSpec() {
    return new V1PodSpec()
        .addContainersItem(
            new V1Container().name("main").image("host").command(List.of("sleep", "60")));
  }

  private static V1Pod pod(String name, Map<String, String> labels) {
    return new V1Pod()
        .apiVersion("v1")
        .kind("Pod")
        .metadata(new V1ObjectMeta().name(name).labels(labels))
        .spec(podSpec());
  }

  private static V1ConfigMap configMap(String name) {
    return new V1ConfigMap()
        .apiVersion("v1")
        .kind("ConfigMap")
        .metadata(new V1ObjectMeta().name(name))
        .data(Map.of("kept", "1", "changed", "1"));
  }

  @Test
  void pod_listCreateEditDelete_eachSeesTheOneBefore() throws ApiException {
    assertThat(listed("step=yes")).isEmpty();

    V1Pod created =
        core.createNamespacedPod("default", pod("four-steps", Map.of("app", "official"))).execute();
    assertThat(created.getMetadata().getUid()).isNotBlank();
    assertThat(created.getMetadata().getCreationTimestamp()).isNotNull();
    assertThat(created.getStatus().getPhase()).isEqualTo("Pending");

    V1Pod edited = edit("four-steps");
    assertThat(edited.getMetadata().getLabels()).containsEntry("step", "yes");
    assertThat(listed("step=yes")).containsExactly("four-steps");

    core.deleteNamespacedPod("four-steps", "default").execute();
    await().until(() -> listed("step=yes").isEmpty());
  }

  /** Reads, labels and replaces; once more when the scheduler wrote in between. */
  private static V1Pod edit(String name) throws ApiException {
    while (true) {
      V1Pod pod = core.readNamespacedPod(name, "default").execute();
      pod.getMetadata().putLabelsItem("step", "yes");
      try {
        return core.replaceNamespacedPod(name, "default", pod).execute();
      } catch (ApiException e) {
        if (e.getCode() != 409) {
          throw e;
        }
      }
    }
  }

  private static List<String> listed(String selector) throws ApiException {
    return core.listNamespacedPod("default").labelSelector(selector).execute().getItems().stream()
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }

  @Test
  void get_missing_isNotFoundWithAStatusBody() {
    assertThatThrownBy(() -> core.readNamespacedPod("missing", "default").execute())
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(404);
              assertThat(e.getResponseBody()).contains("pods \\\"missing\\\" not found");
            });
  }

  @Test
  void list_limited_continuesWhereItStopped() throws ApiException {
    for (String name : List.of("page-a", "page-b", "page-c")) {
      V1ConfigMap map = configMap(name);
      map.getMetadata().putLabelsItem("paged", "yes");
      core.createNamespacedConfigMap("default", map).execute();
    }
    var first =
        core.listNamespacedConfigMap("default").labelSelector("paged=yes").limit(2).execute();
    assertThat(first.getItems()).hasSize(2);
    var second =
        core.listNamespacedConfigMap("default")
            .labelSelector("paged=yes")
            .limit(2)
            ._continue(first.getMetadata().getContinue())
            .execute();
    assertThat(second.getItems())
        .singleElement()
        .satisfies(map -> assertThat(map.getMetadata().getName()).isEqualTo("page-c"));
    assertThat(second.getMetadata().getContinue()).isNull();
  }

  @Test
  void watch_podCreated_eventArrives() throws Exception {
    V1PodList before = core.listNamespacedPod("default").execute();
    try (Watch<V1Pod> watch =
        Watch.createWatch(
            client,
            core.listNamespacedPod("default")
                .labelSelector("watched=yes")
                .resourceVersion(before.getMetadata().getResourceVersion())
                .watch(true)
                .buildCall(null),
            new TypeToken<Watch.Response<V1Pod>>() {}.getType())) {
      core.createNamespacedPod("default", pod("watched", Map.of("watched", "yes"))).execute();
      Watch.Response<V1Pod> event = watch.next();
      assertThat(event.type).isEqualTo("ADDED");
      assertThat(event.object.getMetadata().getName()).isEqualTo("watched");
    }
  }

  @Test
  void informer_podAddedChangedDeleted_handlerIsToldInOrder() throws ApiException {
    List<String> told = new CopyOnWriteArrayList<>();
    SharedInformerFactory factory = new SharedInformerFactory(client);
    try {
      SharedIndexInformer<V1Pod> informer =
          factory.sharedIndexInformerFor(
              new GenericKubernetesApi<>(V1Pod.class, V1PodList.class, "", "v1", "pods", client),
              V1Pod.class,
              0,
              "default");
      informer.addEventHandler(
          new ResourceEventHandler<>() {
            @Override
            public void onAdd(V1Pod pod) {
              told.add("add " + pod.getMetadata().getName());
            }

            @Override
            public void onUpdate(V1Pod before, V1Pod after) {
              told.add("update " + after.getMetadata().getName());
            }

            @Override
            public void onDelete(V1Pod pod, boolean unknown) {
              told.add("delete " + pod.getMetadata().getName());
            }
          });
      factory.startAllRegisteredInformers();
      await().until(informer::hasSynced);
      core.createNamespacedPod("default", pod("informed", Map.of())).execute();
      await().until(() -> told.contains("add informed"));
      edit("informed");
      await().until(() -> told.contains("update informed"));
      core.deleteNamespacedPod("informed", "default").gracePeriodSeconds(0).execute();
      await().until(() -> told.contains("delete informed"));
      assertThat(told).containsSubsequence("add informed", "update informed", "delete informed");
    } finally {
      factory.stopAllRegisteredInformers();
    }
  }

  @Test
  void deployment_created_controllersMakeReplicaSetAndPods() throws ApiException {
    AppsV1Api apps = new AppsV1Api(client);
    V1Deployment deployment =
        new V1Deployment()
            .apiVersion("apps/v1")
            .kind("Deployment")
            .metadata(new V1ObjectMeta().name("api"))
            .spec(
                new V1DeploymentSpec()
                    .replicas(2)
                    .selector(new V1LabelSelector().putMatchLabelsItem("app", "api"))
                    .template(
                        new V1PodTemplateSpec()
                            .metadata(new V1ObjectMeta().putLabelsItem("app", "api"))
                            .spec(podSpec())));
    V1Deployment created = apps.createNamespacedDeployment("default", deployment).execute();
    assertThat(created.getSpec().getStrategy().getType()).isEqualTo("RollingUpdate");
    await().until(() -> listed("app=api").size() == 2);
    apps.deleteNamespacedDeployment("api", "default").execute();
    await().until(() -> apps.listNamespacedDeployment("default").execute().getItems().isEmpty());
  }

  @Test
  void configMap_eachKindOfPatch_changesWhatItNames() throws ApiException {
    core.createNamespacedConfigMap("default", configMap("patched")).execute();
    assertThat(patched(V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH, "{\"data\":{\"changed\":\"merge\"}}"))
        .isEqualTo(Map.of("kept", "1", "changed", "merge"));
    assertThat(
            patched(
                V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH,
                "{\"data\":{\"changed\":\"strategic\"}}"))
        .isEqualTo(Map.of("kept", "1", "changed", "strategic"));
    assertThat(
            patched(
                V1Patch.PATCH_FORMAT_JSON_PATCH,
                "[{\"op\":\"remove\",\"path\":\"/data/changed\"}]"))
        .isEqualTo(Map.of("kept", "1"));
  }

  private static Map<String, String> patched(String format, String patch) throws ApiException {
    return PatchUtils.patch(
            V1ConfigMap.class,
            () ->
                core.patchNamespacedConfigMap("patched", "default", new V1Patch(patch))
                    .buildCall(null),
            format,
            client)
        .getData();
  }

  @Test
  void discovery_versionAndGroups_areKubernetes() throws ApiException {
    assertThat(new VersionApi(client).getCode().execute().getGitVersion()).startsWith("v1.36");
    assertThat(new ApisApi(client).getAPIVersions().execute().getGroups())
        .extracting(group -> group.getName())
        .contains("apps", "batch", "rbac.authorization.k8s.io", "coordination.k8s.io");
    assertThat(core.getAPIResources().execute().getResources())
        .extracting(resource -> resource.getName())
        .contains("pods", "pods/status", "services", "configmaps");
  }
}
