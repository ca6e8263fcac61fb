package dev.coracle.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A registry over a store in memory, with three namespaces and a clock that is turned by hand. */
public abstract class RegistryFixture {

  protected static final String TEMPLATE =
      "'selector':{'matchLabels':{'x':'y'}},'template':{'metadata':{'labels':{'x':'y'}},"
          + "'spec':{'containers':[{'name':'c','image':'i'}]}}";

  protected static final WriteOptions NONE = WriteOptions.NONE;

  protected final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-11-21T04:00:00Z"));
  protected final MemoryStore store = new MemoryStore();
  protected Registry registry;
  protected final RequestContext context = RequestContext.of(UserInfo.of("admin"), "test/1");

  @BeforeEach
  void makeNamespaces() {
    registry = open();
    create("namespaces", "", "{'metadata':{'name':'a'}}");
    create("namespaces", "", "{'metadata':{'name':'a-b'}}");
    create("namespaces", "", "{'metadata':{'name':'b'}}");
  }

  /** Another registry of the same objects, as after a restart. */
  protected Registry open() {
    return Registries.open(store, RegistryConfig.of(clock, new SchemaAdapter()));
  }

  @AfterEach
  void close() {
    store.close();
  }

  protected ResourceType type(String plural) {
    for (ResourceType type : registry.resources()) {
      if (type.plural().equals(plural)) {
        return type;
      }
    }
    throw new AssertionError(plural);
  }

  protected static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  protected KubeObject create(String plural, String namespace, String body) {
    return registry
        .create(context, type(plural), namespace, "", "", typed(type(plural), json(body)), NONE)
        .object();
  }

  /** A custom resource has to say its kind; here it need not be repeated. */
  private static ObjectNode typed(ResourceType type, ObjectNode body) {
    if (type.custom() && !body.has("kind")) {
      body.put("apiVersion", type.gvk().apiVersion());
      body.put("kind", type.kind());
    }
    return body;
  }

  protected KubeObject get(String plural, String namespace, String name) {
    return registry.get(type(plural), namespace, name, "");
  }

  protected KubeObject patch(
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

  protected Registry.Deleted delete(
      String plural, String namespace, String name, DeleteOptions options) {
    return registry.delete(context, type(plural), namespace, name, options);
  }

  protected List<String> names(ObjectList list) {
    return list.items().stream().map(KubeObject::key).toList();
  }

  protected static void assertStatus(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.status().message()).contains(message);
              assertThat(e.code()).isEqualTo(code);
            });
  }

  protected KubeObject update(String plural, String namespace, String name, ObjectNode body) {
    return registry
        .update(context, type(plural), namespace, name, "", typed(type(plural), body), NONE)
        .object();
  }
}
