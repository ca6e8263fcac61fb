package dev.coracle.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegistryTest {

  private static final String TEMPLATE =
      "'selector':{'matchLabels':{'x':'y'}},'template':{'metadata':{'labels':{'x':'y'}},"
          + "'spec':{'containers':[{'name':'c','image':'i'}]}}";

  /** For CN=jane, in PEM, in base64. */
  private static final String SIGNING_REQUEST =
      ""
          + "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01IRUNBUUF3RHpFTk1Bc0dBMVVF"
          + "QXd3RWFtRnVaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkwwazNuL3Yycnl2UDVC"
          + "NjBPcjdROU1wZmVhTnAvR2lzcktkOVhoK1JKUVRpck1IQXBZWldBelE1dkpHClJNSHdEcDBmcWJScFhs"
          + "Qit3ZDlUUGV0L1lPNmdBREFLQmdncWhrak9QUVFEQWdOSkFEQkdBaUVBbTdPSVd3alcKWmNkc0FhSXlI"
          + "bkJrUDRRaXF1bVlTL1p1bTdXR2pBaDIyQklDSVFDbktKQ3hBemtSZHNjNC9jdnlqTWJJakpRNgozUUJ1"
          + "anU1T0lwN3lxWTYyYUE9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

  private static final WriteOptions NONE = WriteOptions.NONE;

  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-11-21T04:00:00Z"));
  private final MemoryStore store = new MemoryStore();
  private Registry registry = Registries.open(store, RegistryConfig.of(clock, new SchemaAdapter()));
  private final RequestContext context = RequestContext.of(UserInfo.of("admin"), "test/1");

  @BeforeEach
  void makeNamespaces() {
    create("namespaces", "", "{'metadata':{'name':'a'}}");
    create("namespaces", "", "{'metadata':{'name':'a-b'}}");
    create("namespaces", "", "{'metadata':{'name':'b'}}");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private ResourceType type(String plural) {
    for (ResourceType type : registry.resources()) {
      if (type.plural().equals(plural)) {
        return type;
      }
    }
    throw new AssertionError(plural);
  }

  private static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private KubeObject create(String plural, String namespace, String body) {
    return registry.create(context, type(plural), namespace, "", "", json(body), NONE).object();
  }

  private KubeObject get(String plural, String namespace, String name) {
    return registry.get(type(plural), namespace, name, "");
  }

  private KubeObject patch(
      String plural, String namespace, String name, String subresource, String body) {
    return registry
        .patch(
            context,
            type(plural),
            namespace,
            name,
            subresource,
            PatchType.MERGE,
            Json.write(json(body)),
            NONE)
        .object();
  }

  private Registry.Deleted delete(
      String plural, String namespace, String name, DeleteOptions options) {
    return registry.delete(context, type(plural), namespace, name, options);
  }

  private List<String> names(ObjectList list) {
    return list.items().stream().map(KubeObject::key).toList();
  }

  private static void assertStatus(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.status().message()).contains(message);
              assertThat(e.code()).isEqualTo(code);
            });
  }

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
  void create_inMissingNamespace_notFound() {
    assertStatus(
        () -> create("configmaps", "zz", "{'metadata':{'name':'c'}}"),
        404,
        "namespaces \"zz\" not found");
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
        409,
        "Key: /registry/configmaps/a/c, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other");
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
  void scale_readAndWritten_changesReplicas() {
    create("deployments", "a", "{'metadata':{'name':'d'},'spec':{'replicas':1," + TEMPLATE + "}}");
    KubeObject scale = registry.getSubresource(type("deployments"), "a", "d", "scale");
    assertThat(scale.kind()).isEqualTo("Scale");
    assertThat(scale.text("status", "selector")).isEqualTo("x=y");
    registry.update(
        context,
        type("deployments"),
        "a",
        "d",
        "scale",
        json("{'metadata':{'name':'d'},'spec':{'replicas':4}}"),
        NONE);
    assertThat(get("deployments", "a", "d").at("spec", "replicas").asInt()).isEqualTo(4);
    assertThat(
            patch("deployments", "a", "d", "scale", "{'spec':{'replicas':2}}")
                .at("spec", "replicas")
                .asInt())
        .isEqualTo(2);
    assertStatus(
        () -> patch("deployments", "a", "d", "scale", "{'spec':{'replicas':-1}}"),
        422,
        "Scale.autoscaling \"d\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");
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
        "Operation cannot be fulfilled on ConfigMap \"c\": the UID in the precondition (u) does not match the UID in record");
  }

  @Test
  void delete_scheduledPod_waitsForTheKubelet() {
    create(
        "pods",
        "a",
        "{'metadata':{'name':'p'},'spec':{'nodeName':'n','terminationGracePeriodSeconds':7,'containers':[{'name':'c','image':'i'}]}}");
    KubeObject marked = delete("pods", "a", "p", DeleteOptions.DEFAULT).object();
    assertThat(marked.at("metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(7);
    assertThat(marked.deletionTimestamp()).isEqualTo("2026-11-21T04:00:07Z");
    assertThat(marked.generation()).isEqualTo(2);

    KubeObject shorter =
        delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(1)).object();
    assertThat(shorter.at("metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(1);
    assertThat(shorter.deletionTimestamp()).isEqualTo("2026-11-21T04:00:01Z");
    assertThat(shorter.generation()).isEqualTo(2);
    assertThat(
            delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(60))
                .object()
                .at("metadata", "deletionGracePeriodSeconds")
                .asInt())
        .isEqualTo(1);

    Registry.Deleted gone =
        delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(0));
    assertThat(gone.gone()).isTrue();
    assertThat(gone.answersObject()).isTrue();
    assertStatus(() -> get("pods", "a", "p"), 404, "pods \"p\" not found");
  }

  @Test
  void delete_unscheduledPod_goesAtOnce() {
    create(
        "pods", "a", "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    Registry.Deleted deleted = delete("pods", "a", "p", DeleteOptions.DEFAULT);
    assertThat(deleted.gone()).isTrue();
    assertThat(deleted.object().generation()).isEqualTo(2);
    assertThat(deleted.object().at("metadata", "deletionGracePeriodSeconds").asInt(-1)).isZero();
  }

  @Test
  void namespace_deletedThenFinalized_goesWhenNothingHoldsIt() {
    KubeObject terminating = delete("namespaces", "", "a", DeleteOptions.DEFAULT).object();
    assertThat(terminating.text("status", "phase")).isEqualTo("Terminating");
    assertThat(terminating.isDeleting()).isTrue();
    assertStatus(
        () -> create("configmaps", "a", "{'metadata':{'name':'c'}}"),
        403,
        "configmaps \"c\" is forbidden: unable to create new content in namespace a because it is being terminated");
    registry.update(
        context,
        type("namespaces"),
        "",
        "a",
        "finalize",
        json("{'metadata':{'name':'a'},'spec':{'finalizers':[]}}"),
        NONE);
    assertStatus(() -> get("namespaces", "", "a"), 404, "namespaces \"a\" not found");
  }

  @Test
  void binding_ofPod_setsNodeOnce() {
    create(
        "pods", "a", "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    assertThat(get("pods", "a", "p").text("status", "phase")).isEqualTo("Pending");
    assertThat(get("pods", "a", "p").text("status", "qosClass")).isEqualTo("BestEffort");
    Registry.Written bound =
        registry.create(
            context,
            type("pods"),
            "a",
            "p",
            "binding",
            json("{'metadata':{'name':'p'},'target':{'kind':'Node','name':'n'}}"),
            NONE);
    assertThat(bound.object().kind()).isEqualTo("Status");
    assertThat(get("pods", "a", "p").text("spec", "nodeName")).isEqualTo("n");
    assertStatus(
        () ->
            registry.create(
                context,
                type("pods"),
                "a",
                "p",
                "binding",
                json("{'metadata':{'name':'p'},'target':{'kind':'Node','name':'m'}}"),
                NONE),
        409,
        "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n\"");
  }

  private void evict(String pod) {
    registry.create(
        context,
        type("pods"),
        "a",
        pod,
        "eviction",
        json("{'metadata':{'name':'" + pod + "'}}"),
        NONE);
  }

  @Test
  void eviction_ofRunningPods_spendsTheirBudget() {
    for (String name : List.of("p", "q")) {
      create(
          "pods",
          "a",
          "{'metadata':{'name':'"
              + name
              + "','labels':{'x':'y'}},'spec':{'nodeName':'n','containers':[{'name':'c','image':'i'}]}}");
      patch(
          "pods",
          "a",
          name,
          "status",
          "{'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}");
    }
    create(
        "poddisruptionbudgets",
        "a",
        "{'metadata':{'name':'b'},'spec':{'minAvailable':1,'selector':{'matchLabels':{'x':'y'}}}}");
    patch(
        "poddisruptionbudgets",
        "a",
        "b",
        "status",
        "{'status':{'observedGeneration':1,'disruptionsAllowed':1,'desiredHealthy':1,'currentHealthy':2}}");
    evict("p");
    assertThat(get("pods", "a", "p").isDeleting()).isTrue();
    assertThat(get("poddisruptionbudgets", "a", "b").at("status", "disruptionsAllowed").asInt(-1))
        .isZero();
    assertThatThrownBy(() -> evict("q"))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.code()).isEqualTo(429);
              assertThat(e.status().details().causes().getFirst().message())
                  .isEqualTo("The disruption budget b needs 1 healthy pods and has 2 currently");
            });
    assertThat(get("pods", "a", "q").isDeleting()).isFalse();
    patch(
        "pods",
        "a",
        "q",
        "status",
        "{'status':{'conditions':[{'type':'Ready','status':'False'}]}}");
    evict("q");
    assertThat(get("pods", "a", "q").isDeleting()).isTrue();
  }

  @Test
  void job_created_selectsItsOwnPods() {
    KubeObject job =
        create(
            "jobs",
            "a",
            "{'metadata':{'name':'j'},'spec':{'template':{'spec':{'restartPolicy':'Never',"
                + "'containers':[{'name':'c','image':'i'}]}}}}");
    assertThat(
            job.at("spec", "selector", "matchLabels")
                .path("batch.kubernetes.io/controller-uid")
                .asText())
        .isEqualTo(job.uid());
    assertThat(job.at("spec", "template", "metadata", "labels").path("job-name").asText())
        .isEqualTo("j");
  }

  @Test
  void daemonSet_templateChanged_isCounted() {
    create("daemonsets", "a", "{'metadata':{'name':'d'},'spec':{" + TEMPLATE + "}}");
    patch("daemonsets", "a", "d", "", "{'metadata':{'labels':{'a':'b'}}}");
    patch("daemonsets", "a", "d", "", "{'spec':{'template':{'metadata':{'labels':{'z':'1'}}}}}");
    assertThat(
            get("daemonsets", "a", "d")
                .at("metadata", "annotations")
                .path("deprecated.daemonset.template.generation")
                .asText())
        .isEqualTo("2");
  }

  @Test
  void signingRequest_created_namesItsAuthor() {
    KubeObject request =
        create(
            "certificatesigningrequests",
            "",
            "{'metadata':{'name':'r'},'spec':{'username':'someone-else','signerName':'example.com/s',"
                + "'request':'"
                + SIGNING_REQUEST
                + "','usages':['client auth']}}");
    assertThat(request.text("spec", "username")).isEqualTo("admin");
  }

  @Test
  void secret_immutable_cannotChange() {
    create("secrets", "a", "{'metadata':{'name':'s'},'immutable':true,'data':{'k':'YQ=='}}");
    assertStatus(
        () -> patch("secrets", "a", "s", "", "{'data':{'k':'Yg=='}}"),
        422,
        "data: Forbidden: field is immutable when `immutable` is set");
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

  private KubeObject update(String plural, String namespace, String name, ObjectNode body) {
    return registry.update(context, type(plural), namespace, name, "", body, NONE).object();
  }

  @Test
  void service_created_getsAddressAndNodePort() {
    KubeObject service =
        create(
            "services",
            "a",
            "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80}]}}");
    String ip = service.text("spec", "clusterIP");
    assertThat(ip).startsWith("10.96.");
    assertThat(service.at("spec", "clusterIPs").get(0).asText()).isEqualTo(ip);
    assertThat(service.text("spec", "ipFamilyPolicy")).isEqualTo("SingleStack");
    int port = service.at("spec", "ports").get(0).path("nodePort").asInt();
    assertThat(port).isBetween(30000, 32767);
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'clusterIP':'" + ip + "','ports':[{'port':1}]}}"),
        422,
        "provided IP is already allocated");
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'type':'NodePort','ports':[{'port':1,'nodePort':"
                    + port
                    + "}]}}"),
        422,
        "spec.ports[0].nodePort: Invalid value: " + port + ": provided port is already allocated");

    KubeObject changed =
        update(
            "services",
            "a",
            "s",
            json(
                "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80}],'selector':{'x':'y'}}}"));
    assertThat(changed.text("spec", "clusterIP")).isEqualTo(ip);
    assertThat(changed.at("spec", "ports").get(0).path("nodePort").asInt()).isEqualTo(port);

    delete("services", "a", "s", DeleteOptions.DEFAULT);
    KubeObject next =
        create(
            "services",
            "a",
            "{'metadata':{'name':'t'},'spec':{'type':'NodePort','clusterIP':'"
                + ip
                + "','ports':[{'port':1,'nodePort':"
                + port
                + "}]}}");
    assertThat(next.text("spec", "clusterIP")).isEqualTo(ip);
  }

  @Test
  void service_afterRestart_knowsWhatIsTaken() {
    KubeObject service =
        create("services", "a", "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}]}}");
    registry = Registries.open(store, RegistryConfig.of(clock, new SchemaAdapter()));
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'clusterIP':'"
                    + service.text("spec", "clusterIP")
                    + "','ports':[{'port':1}]}}"),
        422,
        "provided IP is already allocated");
  }

  @Test
  void service_headlessOrExternal_hasNoAddress() {
    assertThat(
            create(
                    "services",
                    "a",
                    "{'metadata':{'name':'h'},'spec':{'clusterIP':'None','selector':{'a':'b'}}}")
                .at("spec", "clusterIPs")
                .get(0)
                .asText())
        .isEqualTo("None");
    assertThat(
            create(
                    "services",
                    "a",
                    "{'metadata':{'name':'e'},'spec':{'type':'ExternalName','externalName':'x.y'}}")
                .at("spec", "clusterIP")
                .isMissingNode())
        .isTrue();
  }

  private static final String BOATS =
      "{'metadata':{'name':'boats.example.com'},'spec':{'group':'example.com','scope':'Namespaced',"
          + "'names':{'plural':'boats','kind':'Boat'},'versions':[{'name':'v1','served':true,"
          + "'storage':true,'subresources':{'status':{},'scale':{'specReplicasPath':'.spec.replicas',"
          + "'statusReplicasPath':'.status.replicas'}},'schema':{'openAPIV3Schema':{'type':'object',"
          + "'properties':{'spec':{'type':'object','properties':{'replicas':{'type':'integer'},"
          + "'size':{'type':'integer','default':7}}},'status':{'type':'object','properties':"
          + "{'replicas':{'type':'integer'}}}}}}}]}}";

  @Test
  void definition_created_servesItsResourceAtOnce() {
    KubeObject definition = create("customresourcedefinitions", "", BOATS);
    assertThat(definition.at("status", "storedVersions").get(0).asText()).isEqualTo("v1");
    KubeObject boat =
        create(
            "boats",
            "a",
            "{'metadata':{'name':'b'},'spec':{'replicas':2,'bogus':1},'status':{'replicas':9}}");
    assertThat(boat.generation()).isEqualTo(1);
    assertThat(boat.at("spec", "size").asInt()).isEqualTo(7);
    assertThat(boat.at("spec", "bogus").isMissingNode()).isTrue();
    assertThat(boat.at("status").isMissingNode()).isTrue();
    patch("boats", "a", "b", "status", "{'status':{'replicas':1},'spec':{'replicas':5}}");
    assertThat(get("boats", "a", "b").at("spec", "replicas").asInt()).isEqualTo(2);
    patch("boats", "a", "b", "scale", "{'spec':{'replicas':3}}");
    assertThat(get("boats", "a", "b").at("spec", "replicas").asInt()).isEqualTo(3);
    assertThat(get("boats", "a", "b").generation()).isEqualTo(2);
    assertStatus(
        () -> update("boats", "a", "b", json("{'metadata':{'name':'b'},'spec':{}}")),
        422,
        "boats.example.com \"b\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update");
  }

  @Test
  void definition_deleted_takesItsObjectsAlong() {
    create("customresourcedefinitions", "", BOATS);
    create("boats", "a", "{'metadata':{'name':'b'}}");
    delete("customresourcedefinitions", "", "boats.example.com", DeleteOptions.DEFAULT);
    org.awaitility.Awaitility.await()
        .until(() -> registry.find("example.com", "v1", "boats") == null);
    assertThat(store.range("/registry/example.com/", "", 0, 0).entries()).isEmpty();
  }

  @Test
  void definition_ofTheStore_isServedAfterRestart() {
    create("customresourcedefinitions", "", BOATS);
    create("boats", "a", "{'metadata':{'name':'b'}}");
    registry = Registries.open(store, RegistryConfig.of(clock, new SchemaAdapter()));
    assertThat(get("boats", "a", "b").kind()).isEqualTo("Boat");
  }

  @Test
  void event_pastItsTime_goesByItself() {
    create("events", "a", "{'metadata':{'name':'e'},'involvedObject':{'namespace':'a'}}");
    for (int i = 0; i < 9; i++) {
      clock.advance(java.time.Duration.ofMinutes(9));
    }
    org.awaitility.Awaitility.await()
        .until(() -> registry.list(type("events"), "a", ListOptions.ALL).items().isEmpty());
  }

  @Test
  void eventsGroup_sharesStorageWithTheCoreGroup() {
    ResourceType newer = registry.find("events.k8s.io", "v1", "events");
    registry.create(
        context,
        newer,
        "a",
        "",
        "",
        json(
            "{'metadata':{'name':'e'},'regarding':{'kind':'Pod','name':'p','namespace':'a'},"
                + "'note':'hello','reason':'R','action':'A','eventTime':"
                + "'2026-11-21T04:00:00.000000Z','type':'Normal',"
                + "'reportingController':'x.io/y','reportingInstance':'z'}"),
        NONE);
    KubeObject core = registry.get(registry.find("", "v1", "events"), "a", "e", "");
    assertThat(core.text("message")).isEqualTo("hello");
    assertThat(core.text("involvedObject", "name")).isEqualTo("p");
    assertThat(registry.get(newer, "a", "e", "").text("note")).isEqualTo("hello");
    assertThat(
            names(registry.list(newer, "a", ListOptions.ALL.withFieldSelector("regarding.name=p"))))
        .containsExactly("a/e");
  }
}
