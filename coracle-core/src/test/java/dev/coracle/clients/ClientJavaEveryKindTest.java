package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.cluster.TestCluster;
import io.kubernetes.client.Discovery;
import io.kubernetes.client.common.KubernetesListObject;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Status;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.ModelMapper;
import io.kubernetes.client.util.Watchable;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import io.kubernetes.client.util.generic.KubernetesApiResponse;
import io.kubernetes.client.util.generic.options.ListOptions;
import io.kubernetes.client.util.generic.options.PatchOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same story with every built-in kind, told by the official Java client with its models, which
 * refuse an answer that lacks what the API's description requires.
 */
class ClientJavaEveryKindTest {

  private static final Duration NOW = Duration.ofMillis(5);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String LABEL = "official";

  @TempDir private static Path directory;
  private static TestCluster cluster;
  private static ApiClient client;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.controlPlane(directory);
    client = Config.fromConfig(cluster.kubeconfig().toString());
    client.setReadTimeout(0);
    new CoreV1Api(client)
        .createNamespace(new V1Namespace().metadata(new V1ObjectMeta().name(Kinds.NAMESPACE)))
        .execute();
  }

  @AfterAll
  static void stop() {
    client.getHttpClient().dispatcher().executorService().shutdown();
    client.getHttpClient().connectionPool().evictAll();
    cluster.close();
  }

  static Stream<Kinds.Kind> kinds() throws Exception {
    Kinds kinds = new Kinds();
    Discovery discovery = new Discovery(client);
    Stream.Builder<Kinds.Kind> all = Stream.builder();
    kinds.of("v1", resources(discovery, "/api/v1")).forEach(all);
    for (var group : discovery.groupDiscovery("/apis").getGroups()) {
      for (var version : group.getVersions()) {
        String name = version.getGroupVersion();
        kinds.of(name, resources(discovery, "/apis/" + name)).forEach(all);
      }
    }
    return all.build();
  }

  private static JsonNode resources(Discovery discovery, String path) throws Exception {
    return MAPPER.readTree(discovery.resourceDiscovery(path).toJson()).get("resources");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void story_ofEveryKind_isTheSame(Kinds.Kind kind) throws Exception {
    Class<?> type = ModelMapper.preBuiltGetApiTypeClass(kind.group(), kind.version(), kind.kind());
    if (type == null) {
      assertThat(kind.kind()).as("kinds that this client has no model of").isEmpty();
      return;
    }
    tell(
        kind,
        type.asSubclass(KubernetesObject.class),
        Class.forName(type.getName().replace("ResourceV1", "V1") + "List")
            .asSubclass(KubernetesListObject.class));
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> void tell(
      Kinds.Kind kind, Class<T> type, Class<L> listType) throws Exception {
    var api =
        new GenericKubernetesApi<>(
            type, listType, kind.group(), kind.version(), kind.plural(), client);
    String name = kind.name(1);
    List<String> told = new CopyOnWriteArrayList<>();
    SharedInformerFactory factory = new SharedInformerFactory(client);
    try {
      SharedIndexInformer<T> informer =
          factory.sharedIndexInformerFor(api, type, 0, kind.namespaced() ? Kinds.NAMESPACE : "");
      informer.addEventHandler(handler(told));
      factory.startAllRegisteredInformers();
      await().pollInterval(NOW).until(informer::hasSynced);

      T created = good(api.create(object(kind, type, 1)));
      assertThat(created.getMetadata().getUid()).isNotBlank();
      assertThat(created.getMetadata().getCreationTimestamp()).isNotNull();
      failed(
          api.create(object(kind, type, 1)),
          409,
          "AlreadyExists",
          kind.qualified() + " \"" + name + "\" already exists");
      await().pollInterval(NOW).until(() -> told.contains("add " + name));

      watch(kind, api);
      patches(kind, api);
      T before = get(kind, api);
      before.getMetadata().putLabelsItem("edited", "yes");
      T after = good(api.update(before));
      assertThat(after.getMetadata().getLabels()).containsEntry("edited", "yes");
      failed(
          api.update(before),
          409,
          "Conflict",
          "Operation cannot be fulfilled on "
              + kind.qualified()
              + " \""
              + name
              + "\": the object has been modified; please apply your changes to the latest version"
              + " and try again");
      if (kind.hasStatus()) {
        status(kind, api);
      }
      await().pollInterval(NOW).until(() -> told.contains("update " + name));

      ListOptions labelled = new ListOptions().labelSelector("story=" + LABEL);
      assertThat(
              good(kind.namespaced() ? api.list(Kinds.NAMESPACE, labelled) : api.list(labelled))
                  .getItems())
          .hasSize(1);
      KubernetesApiResponse<T> deleted =
          kind.namespaced() ? api.delete(Kinds.NAMESPACE, name) : api.delete(name);
      assertThat(deleted.isSuccess()).as(() -> String.valueOf(deleted.getStatus())).isTrue();
      await().pollInterval(NOW).until(() -> told.contains("delete " + name));
      failed(
          kind.namespaced() ? api.get(Kinds.NAMESPACE, name) : api.get(name),
          404,
          "NotFound",
          kind.qualified() + " \"" + name + "\" not found");
    } finally {
      factory.stopAllRegisteredInformers();
    }
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> void watch(
      Kinds.Kind kind, GenericKubernetesApi<T, L> api) throws Exception {
    ListOptions one =
        new ListOptions()
            .fieldSelector("metadata.name=" + kind.name(1))
            .resourceVersion(get(kind, api).getMetadata().getResourceVersion());
    try (Watchable<T> watch =
        kind.namespaced() ? api.watch(Kinds.NAMESPACE, one) : api.watch(one)) {
      patch(
          kind,
          api,
          V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH,
          "{\"metadata\":{\"annotations\":{\"a\":\"merge\"}}}");
      boolean seen = false;
      while (!seen) {
        var event = watch.next();
        assertThat(event.type).isEqualTo("MODIFIED");
        assertThat(event.object.getMetadata().getName()).isEqualTo(kind.name(1));
        Map<String, String> annotations = event.object.getMetadata().getAnnotations();
        seen = annotations != null && "merge".equals(annotations.get("a"));
      }
    }
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> void patches(
      Kinds.Kind kind, GenericKubernetesApi<T, L> api) {
    patch(
        kind,
        api,
        V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH,
        "{\"metadata\":{\"annotations\":{\"b\":\"strategic\"}}}");
    patch(
        kind,
        api,
        V1Patch.PATCH_FORMAT_JSON_PATCH,
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations/c\",\"value\":\"json\"}]");
    PatchOptions applier = new PatchOptions();
    applier.setFieldManager("applier");
    applier.setForce(true);
    V1Patch apply =
        new V1Patch(
            """
            {"apiVersion": "%s", "kind": "%s",
             "metadata": {"name": "%s", "annotations": {"c": "apply"}}}
            """
                .formatted(kind.apiVersion(), kind.kind(), kind.name(1)));
    T applied =
        good(
            kind.namespaced()
                ? api.patch(
                    Kinds.NAMESPACE, kind.name(1), V1Patch.PATCH_FORMAT_APPLY_YAML, apply, applier)
                : api.patch(kind.name(1), V1Patch.PATCH_FORMAT_APPLY_YAML, apply, applier));
    assertThat(applied.getMetadata().getAnnotations())
        .containsAllEntriesOf(Map.of("a", "merge", "b", "strategic", "c", "apply"));
    PatchOptions other = new PatchOptions();
    other.setFieldManager("other");
    V1Patch mine = new V1Patch(apply.getValue().replace("\"apply\"", "\"mine\""));
    failed(
        kind.namespaced()
            ? api.patch(Kinds.NAMESPACE, kind.name(1), V1Patch.PATCH_FORMAT_APPLY_YAML, mine, other)
            : api.patch(kind.name(1), V1Patch.PATCH_FORMAT_APPLY_YAML, mine, other),
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"applier\": .metadata.annotations.c");
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> T patch(
      Kinds.Kind kind, GenericKubernetesApi<T, L> api, String format, String patch) {
    return good(
        kind.namespaced()
            ? api.patch(Kinds.NAMESPACE, kind.name(1), format, new V1Patch(patch))
            : api.patch(kind.name(1), format, new V1Patch(patch)));
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> void status(
      Kinds.Kind kind, GenericKubernetesApi<T, L> api) throws Exception {
    T object = get(kind, api);
    Object status = object.getClass().getMethod("getStatus").invoke(object);
    if (status == null) {
      status =
          object.getClass().getMethod("getStatus").getReturnType().getConstructor().newInstance();
    }
    Object same = status;
    T updated = good(api.updateStatus(object, ignored -> same));
    assertThat(updated.getMetadata().getName()).isEqualTo(kind.name(1));
  }

  private static <T extends KubernetesObject, L extends KubernetesListObject> T get(
      Kinds.Kind kind, GenericKubernetesApi<T, L> api) {
    return good(kind.namespaced() ? api.get(Kinds.NAMESPACE, kind.name(1)) : api.get(kind.name(1)));
  }

  private static <T extends KubernetesObject> T object(Kinds.Kind kind, Class<T> type, int number) {
    return JSON.deserialize(kind.object(number, LABEL).toString(), type);
  }

  private static <R extends io.kubernetes.client.common.KubernetesType> R good(
      KubernetesApiResponse<R> response) {
    assertThat(response.isSuccess()).as(() -> String.valueOf(response.getStatus())).isTrue();
    return response.getObject();
  }

  private static void failed(
      KubernetesApiResponse<?> response, int code, String reason, String message) {
    assertThat(response.getHttpStatusCode()).isEqualTo(code);
    V1Status status = response.getStatus();
    assertThat(status.getReason()).isEqualTo(reason);
    assertThat(status.getMessage()).isEqualTo(message);
  }

  private static <T extends KubernetesObject> ResourceEventHandler<T> handler(List<String> told) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(T object) {
        told.add("add " + object.getMetadata().getName());
      }

      @Override
      public void onUpdate(T before, T after) {
        told.add("update " + after.getMetadata().getName());
      }

      @Override
      public void onDelete(T object, boolean unknown) {
        told.add("delete " + object.getMetadata().getName());
      }
    };
  }
}
