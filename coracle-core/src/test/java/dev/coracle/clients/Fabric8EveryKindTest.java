package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v1.Scale;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
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

/** The same story with every built-in kind, told by fabric8's generic client. */
class Fabric8EveryKindTest {

  private static final Duration NOW = Duration.ofMillis(5);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String LABEL = "fabric8";

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
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(Kinds.NAMESPACE)
                .endMetadata()
                .build())
        .create();
  }

  @AfterAll
  static void stop() {
    client.close();
    cluster.close();
  }

  static Stream<Kinds.Kind> kinds() throws Exception {
    Kinds kinds = new Kinds();
    Stream.Builder<Kinds.Kind> all = Stream.builder();
    kinds.of("v1", resources("/api/v1")).forEach(all);
    for (var group : client.getApiGroups().getGroups()) {
      for (var version : group.getVersions()) {
        String name = version.getGroupVersion();
        kinds.of(name, resources("/apis/" + name)).forEach(all);
      }
    }
    return all.build();
  }

  private static JsonNode resources(String path) throws Exception {
    return MAPPER.readTree(client.raw(path)).get("resources");
  }

  private static NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      all(Kinds.Kind kind) {
    var operation =
        client.genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup(kind.group())
                .withVersion(kind.version())
                .withKind(kind.kind())
                .withPlural(kind.plural())
                .withNamespaced(kind.namespaced())
                .build());
    return kind.namespaced() ? operation.inNamespace(Kinds.NAMESPACE) : operation;
  }

  private static GenericKubernetesResource object(Kinds.Kind kind, int number) {
    return MAPPER.convertValue(kind.object(number, LABEL), GenericKubernetesResource.class);
  }

  private static String version(GenericKubernetesResource object) {
    return object.getMetadata().getResourceVersion();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void story_ofEveryKind_isTheSame(Kinds.Kind kind) throws Exception {
    var all = all(kind);
    List<String> told = new CopyOnWriteArrayList<>();
    try (SharedIndexInformer<GenericKubernetesResource> informer =
        all.withLabel("story", LABEL).inform(handler(told))) {
      String name = kind.name(1);
      assertThat(informer.hasSynced()).isTrue();

      GenericKubernetesResource tried = all.resource(object(kind, 1)).dryRun(true).create();
      assertThat(tried.getMetadata().getUid()).isNotBlank();
      assertThat(all.withName(name).get()).isNull();

      GenericKubernetesResource created = all.resource(object(kind, 1)).create();
      assertThat(created.getMetadata().getUid()).isNotBlank();
      assertThat(version(created)).isNotBlank();
      assertThat(created.getMetadata().getCreationTimestamp()).isNotBlank();
      assertThat(created.getMetadata().getManagedFields())
          .anySatisfy(
              entry -> assertThat(entry.getManager()).isEqualTo("fabric8-kubernetes-client"));
      assertStatus(
          () -> all.resource(object(kind, 1)).create(),
          409,
          "AlreadyExists",
          kind.qualified() + " \"" + name + "\" already exists");
      await().pollInterval(NOW).until(() -> told.contains("add " + name));
      assertThat(all.withName(name).get().getMetadata().getUid())
          .isEqualTo(created.getMetadata().getUid());

      patch(kind, all.withName(name));
      update(kind, all, name);
      status(kind, all, name);
      if (kind.hasScale()) {
        String path = kind.path() + "/" + name + "/scale";
        Scale scale = MAPPER.readValue(client.raw(path), Scale.class);
        assertThat(scale.getSpec().getReplicas()).as("Kubernetes leaves a 0 out").isNull();
        scale.getSpec().setReplicas(1);
        client.raw(path, "PUT", scale);
        assertThat(MAPPER.readValue(client.raw(path), Scale.class).getSpec().getReplicas())
            .isEqualTo(1);
      }
      pages(kind, all);
      collection(kind, all);
      await().pollInterval(NOW).until(() -> told.contains("delete " + name));
    }
  }

  private static void patch(Kinds.Kind kind, Resource<GenericKubernetesResource> one) {
    one.patch(
        PatchContext.of(PatchType.JSON_MERGE),
        "{\"metadata\":{\"annotations\":{\"a\":\"merge\"}}}");
    one.patch(
        PatchContext.of(PatchType.STRATEGIC_MERGE),
        "{\"metadata\":{\"annotations\":{\"b\":\"strategic\"}}}");
    one.patch(
        PatchContext.of(PatchType.JSON),
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations/c\",\"value\":\"json\"}]");
    GenericKubernetesResource applied =
        one.patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("applier")
                .build(),
            """
            {"apiVersion": "%s", "kind": "%s",
             "metadata": {"name": "%s", "annotations": {"d": "apply"}}}
            """
                .formatted(kind.apiVersion(), kind.kind(), kind.name(1)));
    assertThat(applied.getMetadata().getAnnotations())
        .containsAllEntriesOf(Map.of("a", "merge", "b", "strategic", "c", "json", "d", "apply"));
    assertThat(applied.getMetadata().getManagedFields())
        .anySatisfy(
            entry -> {
              assertThat(entry.getManager()).isEqualTo("applier");
              assertThat(entry.getOperation()).isEqualTo("Apply");
              assertThat(entry.getApiVersion()).isEqualTo(kind.apiVersion());
            });
    assertStatus(
        () ->
            one.patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("other")
                    .build(),
                """
                {"apiVersion": "%s", "kind": "%s",
                 "metadata": {"name": "%s", "annotations": {"d": "mine"}}}
                """
                    .formatted(kind.apiVersion(), kind.kind(), kind.name(1))),
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"applier\": .metadata.annotations.d");
  }

  private static void update(
      Kinds.Kind kind,
      NonNamespaceOperation<
              GenericKubernetesResource,
              GenericKubernetesResourceList,
              Resource<GenericKubernetesResource>>
          all,
      String name) {
    GenericKubernetesResource before = all.withName(name).get();
    GenericKubernetesResource after =
        all.withName(name)
            .edit(
                object -> {
                  object.getMetadata().getLabels().put("edited", "yes");
                  return object;
                });
    assertThat(after.getMetadata().getLabels()).containsEntry("edited", "yes");
    assertThat(version(after)).isNotEqualTo(version(before));
    assertThat(after.getMetadata().getUid()).isEqualTo(before.getMetadata().getUid());
    assertStatus(
        () -> all.resource(before).update(),
        409,
        "Conflict",
        "Operation cannot be fulfilled on "
            + kind.qualified()
            + " \""
            + name
            + "\": the object has been modified; please apply your changes to the latest version"
            + " and try again");
  }

  /** The status subresource answers, takes a patch, and leaves what is not status alone. */
  private static void status(
      Kinds.Kind kind,
      NonNamespaceOperation<
              GenericKubernetesResource,
              GenericKubernetesResourceList,
              Resource<GenericKubernetesResource>>
          all,
      String name)
      throws Exception {
    String path = kind.path() + "/" + name + "/status";
    if (!kind.hasStatus()) {
      assertThat(client.raw(path)).isNull();
      return;
    }
    JsonNode status = MAPPER.readTree(client.raw(path));
    assertThat(status.path("kind").asText()).isEqualTo(kind.kind());
    assertThat(status.at("/metadata/name").asText()).isEqualTo(name);
    GenericKubernetesResource replaced = all.resource(all.withName(name).get()).updateStatus();
    assertThat(replaced.getMetadata().getName()).isEqualTo(name);
    GenericKubernetesResource patched =
        all.withName(name)
            .subresource("status")
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":null}");
    assertThat(patched.<Object>get("spec")).isEqualTo(all.withName(name).get().get("spec"));
  }

  private static void pages(
      Kinds.Kind kind,
      NonNamespaceOperation<
              GenericKubernetesResource,
              GenericKubernetesResourceList,
              Resource<GenericKubernetesResource>>
          all)
      throws Exception {
    all.resource(object(kind, 2)).create();
    all.resource(object(kind, 3)).create();
    assertThat(all.withLabel("story", LABEL).list().getItems())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly(kind.name(1), kind.name(2), kind.name(3));
    assertThat(all.withField("metadata.name", kind.name(2)).list().getItems())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly(kind.name(2));
    JsonNode first = MAPPER.readTree(client.raw(kind.path() + "?limit=1"));
    assertThat(first.path("kind").asText()).isEqualTo(kind.kind() + "List");
    assertThat(first.path("apiVersion").asText()).isEqualTo(kind.apiVersion());
    assertThat(first.path("items")).hasSize(1);
    int remaining = first.at("/metadata/remainingItemCount").asInt();
    JsonNode rest =
        MAPPER.readTree(
            client.raw(
                kind.path() + "?limit=500&continue=" + first.at("/metadata/continue").asText()));
    assertThat(rest.path("items")).hasSize(remaining);
    assertThat(rest.at("/metadata/resourceVersion"))
        .isEqualTo(first.at("/metadata/resourceVersion"));
  }

  private static void collection(
      Kinds.Kind kind,
      NonNamespaceOperation<
              GenericKubernetesResource,
              GenericKubernetesResourceList,
              Resource<GenericKubernetesResource>>
          all) {
    if (kind.plural().equals("namespaces")) {
      assertStatus(
          () -> client.raw(kind.path() + "?labelSelector=story", "DELETE", null),
          405,
          "MethodNotAllowed",
          "the server does not allow this method on the requested resource");
      all.withLabel("story", LABEL).delete();
    } else {
      client.raw(kind.path() + "?labelSelector=story%3D" + LABEL, "DELETE", null);
    }
    await()
        .pollInterval(NOW)
        .until(() -> all.withLabel("story", LABEL).list().getItems().isEmpty());
    assertStatus(
        () ->
            all.resource(object(kind, 1))
                .subresource("")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{}}"),
        404,
        "NotFound",
        kind.qualified() + " \"" + kind.name(1) + "\" not found");
  }

  private static void assertStatus(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call,
      int code,
      String reason,
      String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).as(e.getMessage()).isEqualTo(code);
              assertThat(e.getStatus().getReason()).isEqualTo(reason);
              assertThat(e.getStatus().getMessage()).isEqualTo(message);
            });
  }

  private static ResourceEventHandler<GenericKubernetesResource> handler(List<String> told) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(GenericKubernetesResource object) {
        told.add("add " + object.getMetadata().getName());
      }

      @Override
      public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
        told.add("update " + after.getMetadata().getName());
      }

      @Override
      public void onDelete(GenericKubernetesResource object, boolean unknown) {
        told.add("delete " + object.getMetadata().getName());
      }
    };
  }
}
