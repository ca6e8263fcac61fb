package dev.coracle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The verbs, as they are for all resources. */
class RegistryTest extends RegistryFixture {

  @Test
  void resources_ofTheTable_haveWhatDiscoveryNeeds() {
    ResourceType pods = registry.find("", "v1", "pods");
    assertThat(pods).isNotNull();
    assertThat(pods.shortNames()).containsExactly("po");
    assertThat(pods.subresources()).containsKeys("status", "binding", "eviction", "log");
    assertThat(pods.storageVersionHash()).isEqualTo("xPOwRZ+Yhw8=");
    assertThat(type("customresourcedefinitions").storageVersionHash()).isEqualTo("jfWCUB31mvA=");
    assertThat(registry.find("events.k8s.io", "v1", "events").storageVersionHash())
        .isEqualTo("r2yiGXH7wu8=");
    assertThat(registry.find("autoscaling", "v1", "horizontalpodautoscalers").storageVersionHash())
        .isEqualTo("qwQve8ut294=");
    assertThat(registry.resources()).hasSize(68);
  }

  @Test
  void create_newObject_setsSystemFieldsAndIsReadBack() {
    KubeObject created = create("configmaps", "a", "{'metadata':{'name':'c'},'data':{'k':'v'}}");

    assertThat(created.uid()).hasSize(36);
    assertThat(created.creationTimestamp()).isEqualTo("2026-11-21T04:00:00Z");
    assertThat(created.resourceVersion()).isPositive();
    assertThat(created.namespace()).isEqualTo("a");
    assertThat(new String(created.json(), StandardCharsets.UTF_8))
        .startsWith("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"");
    assertThat(get("configmaps", "a", "c").json()).isEqualTo(created.json());
  }

  @Test
  void writes_ofAnObject_keepOneArrayForStoreAndCache() {
    create("configmaps", "a", "{'metadata':{'name':'c'},'data':{'k':'v'}}");
    patch("configmaps", "a", "c", "", "{'data':{'k':'w'}}");

    List<dev.coracle.store.Store.Entry> stored =
        store.range("/registry/core/configmaps/a/c", "", 0, 0).entries();
    assertThat(stored).hasSize(1);
    assertThat(get("configmaps", "a", "c").json()).isSameAs(stored.getFirst().value());
  }

  /** Whether a kind is stored and listed does not depend on what a valid one would be. */
  private static ObjectSchemas withoutValidation() {
    SchemaAdapter schemas = new SchemaAdapter();
    return (ObjectSchemas)
        java.lang.reflect.Proxy.newProxyInstance(
            RegistryTest.class.getClassLoader(),
            new Class<?>[] {ObjectSchemas.class},
            (proxy, method, arguments) ->
                method.getName().equals("validate")
                    ? List.of()
                    : method.invoke(schemas, arguments));
  }

  @Test
  void create_everyBuiltInKind_listsIt() {
    registry = Registries.open(store, RegistryConfig.of(clock, withoutValidation()));
    for (ResourceType type : registry.resources()) {
      if (!type.has("create") || !type.has("get")) {
        continue;
      }
      String namespace = type.namespaced() ? "a" : "";
      String name = "x-" + type.version() + type.group().length();
      ObjectNode body = json("{'metadata':{'name':'" + name + "'},'spec':{}}");
      registry.create(context, type, namespace, "", "", body, NONE);
      assertThat(registry.get(type, namespace, name, "").kind()).isEqualTo(type.kind());
      assertThat(names(registry.list(type, namespace, ListOptions.ALL)))
          .contains(namespace.isEmpty() ? name : namespace + "/" + name);
    }
  }

  @Test
  void create_existingName_alreadyExists() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    assertStatus(
        () -> create("configmaps", "a", "{'metadata':{'name':'c'}}"),
        409,
        "configmaps \"c\" already exists");
  }

  @Test
  void create_withResourceVersion_isRefused() {
    assertStatus(
        () -> create("configmaps", "a", "{'metadata':{'name':'c','resourceVersion':'5'}}"),
        500,
        "resourceVersion should not be set on objects to be created");
  }

  @Test
  void create_inMissingNamespace_isForAdmissionToRefuse() {
    assertThat(create("configmaps", "zz", "{'metadata':{'name':'c'}}").namespace()).isEqualTo("zz");
  }

  @Test
  void ownerReferences_thatAreThereTwice_areTakenOnceWithAWarning() {
    String owner = "{'apiVersion':'v1','kind':'Node','name':'n','uid':'u1'}";
    String owners = "{'metadata':{'name':'c','ownerReferences':[" + owner + "," + owner + "]}}";

    assertThat(create("configmaps", "a", owners).at("metadata", "ownerReferences")).hasSize(1);
    assertThat(patch("configmaps", "a", "c", "", owners).at("metadata", "ownerReferences"))
        .hasSize(1);
    assertThat(context.warnings())
        .anyMatch(each -> each.startsWith(".metadata.ownerReferences contains duplicate entries;"))
        .anyMatch(
            each ->
                each.contains("entries after mutating admission happens; API server dedups")
                    && each.endsWith("duplicate UID(s) observed: u1"));
  }

  @Test
  void apply_withAUid_createsNothing() {
    assertStatus(
        () ->
            registry.patch(
                context,
                type("configmaps"),
                "a",
                "c",
                "",
                PatchType.APPLY,
                Json.write(
                    json(
                        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','uid':'u'}}")),
                new WriteOptions(false, "me", "", false)),
        409,
        "uid mismatch: the provided object specified uid u, and no existing object was found");
  }

  @Test
  void create_clusterScoped_losesANamespace() {
    String sent = "{'metadata':{'name':'n1','namespace':'zz'}}";
    assertThat(create("nodes", "", sent).namespace()).isEmpty();
    ObjectNode changed = json(sent);
    assertThat(update("nodes", "", "n1", changed).namespace()).isEmpty();
  }

  @Test
  void create_withGenerateName_makesNames() {
    KubeObject created = create("configmaps", "a", "{'metadata':{'generateName':'gen-'}}");
    assertThat(created.name()).matches("gen-[bcdfghjklmnpqrstvwxz2456789]{5}");
  }

  @Test
  void create_dryRun_storesNothing() {
    KubeObject made =
        registry
            .create(
                context,
                type("configmaps"),
                "a",
                "",
                "",
                json("{'metadata':{'name':'c'}}"),
                new WriteOptions(true, "", "", false))
            .object();
    assertThat(made.resourceVersion()).isZero();
    assertStatus(() -> get("configmaps", "a", "c"), 404, "configmaps \"c\" not found");
  }

  @Test
  void update_staleVersion_conflicts() {
    KubeObject created = create("configmaps", "a", "{'metadata':{'name':'c'},'data':{'k':'1'}}");
    ObjectNode body = created.mutableTree();
    body.putObject("data").put("k", "2");
    registry.update(context, type("configmaps"), "a", "c", "", body.deepCopy(), NONE);
    body.putObject("data").put("k", "3");
    assertStatus(
        () -> registry.update(context, type("configmaps"), "a", "c", "", body, NONE),
        409,
        "the object has been modified");
  }

  @Test
  void update_withoutChange_keepsTheVersion() {
    KubeObject created = create("configmaps", "a", "{'metadata':{'name':'c'},'data':{'k':'1'}}");
    KubeObject updated =
        registry
            .update(
                context,
                type("configmaps"),
                "a",
                "c",
                "",
                json("{'data':{'k':'1'},'metadata':{'name':'c'}}"),
                NONE)
            .object();
    assertThat(updated.resourceVersion()).isEqualTo(created.resourceVersion());
  }

  @Test
  void update_badVersionOrUid_isRefused() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    assertStatus(
        () -> patch("configmaps", "a", "c", "", "{'metadata':{'resourceVersion':'x1'}}"),
        500,
        "strconv.ParseUint: parsing \"x1\": invalid syntax");
    assertStatus(
        () -> patch("configmaps", "a", "c", "", "{'metadata':{'uid':'other'}}"),
        422,
        "metadata.uid: Invalid value: \"other\": field is immutable");
    assertStatus(
        () -> update("configmaps", "a", "c", json("{'metadata':{'name':'c','uid':'other'}}")),
        409,
        "Key: /registry/configmaps/a/c, ResourceVersion: 0, AdditionalErrorMsg: Precondition"
            + " failed: UID in precondition: other");
    assertStatus(
        () -> patch("configmaps", "a", "c", "", "{'metadata':{'name':'d'}}"),
        400,
        "the name of the object (d) does not match the name on the URL (c)");
  }

  @Test
  void update_specAndStatus_areSeparate() {
    create(
        "deployments",
        "a",
        "{'metadata':{'name':'d'},'spec':{'replicas':1," + TEMPLATE + "},'status':{'replicas':9}}");
    assertThat(get("deployments", "a", "d").at("status", "replicas").isMissingNode()).isTrue();
    assertThat(get("deployments", "a", "d").generation()).isEqualTo(1);

    patch("deployments", "a", "d", "status", "{'spec':{'replicas':7},'status':{'replicas':2}}");
    KubeObject afterStatus = get("deployments", "a", "d");
    assertThat(afterStatus.at("spec", "replicas").asInt()).isEqualTo(1);
    assertThat(afterStatus.at("status", "replicas").asInt()).isEqualTo(2);
    assertThat(afterStatus.generation()).isEqualTo(1);

    patch("deployments", "a", "d", "", "{'spec':{'replicas':3},'status':{'replicas':8}}");
    KubeObject afterSpec = get("deployments", "a", "d");
    assertThat(afterSpec.at("spec", "replicas").asInt()).isEqualTo(3);
    assertThat(afterSpec.at("status", "replicas").asInt()).isEqualTo(2);
    assertThat(afterSpec.generation()).isEqualTo(2);
  }

  @Test
  void delete_plainObject_goesAtOnce() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    Registry.Deleted deleted = delete("configmaps", "a", "c", DeleteOptions.DEFAULT);
    assertThat(deleted.gone()).isTrue();
    assertThat(deleted.answersObject()).isFalse();
    assertStatus(() -> get("configmaps", "a", "c"), 404, "not found");
  }

  @Test
  void delete_withFinalizer_staysUntilItIsRemoved() {
    create("configmaps", "a", "{'metadata':{'name':'c','finalizers':['example.com/f']}}");
    Registry.Deleted deleted = delete("configmaps", "a", "c", DeleteOptions.DEFAULT);
    assertThat(deleted.gone()).isFalse();
    assertThat(deleted.object().isDeleting()).isTrue();
    assertThat(deleted.object().at("metadata", "deletionGracePeriodSeconds").asInt(-1)).isZero();
    delete("configmaps", "a", "c", DeleteOptions.DEFAULT);
    patch("configmaps", "a", "c", "", "{'metadata':{'finalizers':null}}");
    assertStatus(() -> get("configmaps", "a", "c"), 404, "not found");
  }

  @Test
  void delete_withPropagation_recordsItAsFinalizer() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    assertThat(
            delete("configmaps", "a", "c", new DeleteOptions(false, null, "Foreground", null, null))
                .object()
                .finalizers())
        .containsExactly("foregroundDeletion");
    create("configmaps", "a", "{'metadata':{'name':'o'}}");
    assertThat(
            delete("configmaps", "a", "o", new DeleteOptions(false, null, "Orphan", null, null))
                .object()
                .finalizers())
        .containsExactly("orphan");
    assertStatus(
        () -> delete("configmaps", "a", "o", new DeleteOptions(false, null, "No", null, null)),
        422,
        "Unsupported value: \"No\"");
  }

  @Test
  void delete_wrongUid_conflicts() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    assertStatus(
        () -> delete("configmaps", "a", "c", DeleteOptions.uid("u")),
        409,
        "Operation cannot be fulfilled on ConfigMap \"c\": the UID in the precondition (u) does not"
            + " match the UID in record");
  }

  @Test
  void list_acrossNamespaces_isInTheOrderOfKeys() {
    create("configmaps", "a", "{'metadata':{'name':'z'}}");
    create("configmaps", "a-b", "{'metadata':{'name':'m'}}");
    create("configmaps", "b", "{'metadata':{'name':'c'}}");
    create("configmaps", "a", "{'metadata':{'name':'b','labels':{'x':'1'}}}");
    assertThat(names(registry.list(type("configmaps"), "", ListOptions.ALL)))
        .containsExactly("a-b/m", "a/b", "a/z", "b/c");
    assertThat(names(registry.list(type("configmaps"), "a", ListOptions.ALL)))
        .containsExactly("a/b", "a/z");
    assertThat(
            names(registry.list(type("configmaps"), "", ListOptions.ALL.withLabelSelector("x=1"))))
        .containsExactly("a/b");
    assertThat(
            names(
                registry.list(
                    type("configmaps"), "", ListOptions.ALL.withFieldSelector("metadata.name=m"))))
        .containsExactly("a-b/m");
  }

  @Test
  void list_withLimit_continuesAtItsRevision() {
    for (String name : List.of("c1", "c2", "c3", "c4", "c5")) {
      create("secrets", "a", "{'metadata':{'name':'" + name + "'}}");
    }
    ObjectList first = registry.list(type("secrets"), "a", ListOptions.ALL.withLimit(2, ""));
    assertThat(names(first)).containsExactly("a/c1", "a/c2");
    assertThat(first.remainingItemCount()).isEqualTo(3);
    delete("secrets", "a", "c3", DeleteOptions.DEFAULT);
    create("secrets", "a", "{'metadata':{'name':'c2a'}}");
    ObjectList second = registry.list(type("secrets"), "", ListOptions.ALL.withLimit(2, ""));
    assertThat(names(second)).containsExactly("a/c1", "a/c2");
    ObjectList next =
        registry.list(type("secrets"), "a", ListOptions.ALL.withLimit(2, first.continueToken()));
    assertThat(names(next)).containsExactly("a/c3", "a/c4");
    assertThat(next.resourceVersion()).isEqualTo(first.resourceVersion());
    ObjectList last =
        registry.list(type("secrets"), "a", ListOptions.ALL.withLimit(2, next.continueToken()));
    assertThat(names(last)).containsExactly("a/c5");
    assertThat(last.continueToken()).isNull();
    assertStatus(
        () -> registry.list(type("secrets"), "a", ListOptions.ALL.withLimit(2, "notatoken")),
        400,
        "invalid continue token: continue key is not valid: illegal base64 data at input byte 8");
  }

  private static final class Recorder implements Registry.WatchSink {
    final List<String> events = new ArrayList<>();
    boolean ended;

    @Override
    public synchronized boolean offer(WatchEvent event) {
      events.add(event.type() + " " + event.object().name());
      return true;
    }

    @Override
    public synchronized void ended() {
      ended = true;
    }
  }

  @Test
  void watch_fromRevision_seesSelectorTransitions() {
    long before = registry.list(type("configmaps"), "a", ListOptions.ALL).resourceVersion();
    create("configmaps", "a", "{'metadata':{'name':'c','labels':{'s':'in'}}}");
    Recorder recorder = new Recorder();
    Registry.Watch watch =
        registry.watch(
            type("configmaps"),
            "a",
            ListOptions.ALL.withLabelSelector("s=in").withResourceVersion(String.valueOf(before)),
            recorder);
    patch("configmaps", "a", "c", "", "{'metadata':{'labels':{'s':'out'}}}");
    patch("configmaps", "a", "c", "", "{'data':{'k':'v'}}");
    patch("configmaps", "a", "c", "", "{'metadata':{'labels':{'s':'in'}}}");
    patch("configmaps", "a", "c", "", "{'data':{'k':'w'}}");
    delete("configmaps", "a", "c", DeleteOptions.DEFAULT);
    watch.close();
    create("configmaps", "a", "{'metadata':{'name':'d','labels':{'s':'in'}}}");
    assertThat(recorder.events)
        .containsExactly("ADDED c", "DELETED c", "ADDED c", "MODIFIED c", "DELETED c");
  }

  @Test
  void watch_withInitialEvents_endsThemWithABookmark() {
    create("configmaps", "a", "{'metadata':{'name':'c'}}");
    Recorder recorder = new Recorder();
    registry.watch(
        type("configmaps"),
        "",
        new ListOptions("", "", "", "NotOlderThan", 0, "", true, null, true),
        recorder);
    assertThat(recorder.events).containsExactly("ADDED c", "BOOKMARK ");
    clock.advance(java.time.Duration.ofHours(2));
    org.awaitility.Awaitility.await().until(() -> recorder.ended);
  }

  /** Java operators name version 1, so that an apply creates, but never changes. */
  @Test
  void apply_ofAVersionThatIsNot_createsAndNeverChanges() {
    KubeObject applied = applyVersionOne();
    assertThat(applied.resourceVersion()).isNotEqualTo("1");
    assertStatus(this::applyVersionOne, 409, "the object has been modified");
  }

  private KubeObject applyVersionOne() {
    String body =
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m','resourceVersion':'1'}}";
    return registry
        .patch(
            context,
            type("configmaps"),
            "a",
            "m",
            "",
            PatchType.APPLY,
            Json.write(json(body)),
            new WriteOptions(false, "operator", "", true))
        .object();
  }
}
