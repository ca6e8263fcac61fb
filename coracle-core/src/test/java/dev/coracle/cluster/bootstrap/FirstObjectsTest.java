package dev.coracle.cluster.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.auth.rbac.BootstrapPolicy;
import dev.coracle.cluster.access.Identities;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a new cluster gets at once is what requests would have made. */
class FirstObjectsTest {

  private static final RequestContext CONTEXT =
      RequestContext.of(Identities.API_SERVER, Identities.API_SERVER_PROGRAM);

  private final List<MemoryStore> stores = new ArrayList<>();

  @AfterEach
  void close() {
    stores.forEach(MemoryStore::close);
  }

  private Registry open(String now) {
    MemoryStore store = new MemoryStore();
    stores.add(store);
    return Registries.open(
        store, RegistryConfig.of(new ControllableClock(Instant.parse(now)), new SchemaAdapter()));
  }

  private static Stream<FirstObjects.Item> items() {
    return Stream.of(
            FirstObjects.namespaces().stream(),
            BootstrapPolicy.items().stream()
                .map(
                    item ->
                        new FirstObjects.Item(
                            item.resource(), item.namespace(), item.object(), true)),
            FirstObjects.besidesPolicy().stream())
        .flatMap(all -> all);
  }

  private static ResourceType type(Registry registry, GroupVersionResource resource) {
    ResourceType type = registry.find(resource.group(), resource.version(), resource.resource());
    assertThat(type).isNotNull();
    return type;
  }

  private static List<KubeObject> objects(Registry registry) {
    return items()
        .map(
            item ->
                registry.get(
                    type(registry, item.resource()),
                    item.namespace(),
                    item.object().path("metadata").path("name").asText(),
                    ""))
        .toList();
  }

  /** Without what each object has of its own; with the time in it as it is. */
  private static String without(KubeObject object) {
    ObjectNode tree = object.mutableTree();
    tree.withObject("/metadata").remove(List.of("uid", "resourceVersion"));
    return tree.toString();
  }

  @Test
  void plant_emptyStore_makesWhatRequestsWouldHaveMade() {
    Registry requested = open("2026-11-21T04:00:00Z");
    items()
        .forEach(
            item -> {
              Registry.Written unused =
                  requested.create(
                      CONTEXT,
                      type(requested, item.resource()),
                      item.namespace(),
                      "",
                      "",
                      item.object(),
                      WriteOptions.NONE);
            });
    Registry first = open("2026-11-21T04:00:00Z");
    first.plant(CONTEXT, FirstObjects.forNewCluster(), WriteOptions.NONE);
    Registry second = open("2026-11-21T05:06:07Z");
    second.plant(CONTEXT, FirstObjects.forNewCluster(), WriteOptions.NONE);

    List<KubeObject> asked = objects(requested);
    List<KubeObject> planted = objects(first);
    List<KubeObject> again = objects(second);
    assertThat(asked).hasSizeGreaterThan(140);
    for (int i = 0; i < asked.size(); i++) {
      String expected = without(asked.get(i));
      assertThat(without(planted.get(i))).isEqualTo(expected);
      assertThat(without(again.get(i)))
          .isEqualTo(expected.replace("2026-11-21T04:00:00Z", "2026-11-21T05:06:07Z"));
    }
    assertThat(Stream.of(planted, again).flatMap(List::stream).map(KubeObject::uid))
        .doesNotHaveDuplicates()
        .allMatch(uid -> uid.length() == 36);
    assertThat(again.stream().map(KubeObject::resourceVersion)).doesNotHaveDuplicates();
  }

  @Test
  void plant_someAreThere_leavesThemAsTheyAreAndTellsWatchersOfTheRest() {
    Registry registry = open("2026-11-21T04:00:00Z");
    FirstObjects.Item there = FirstObjects.namespaces().getFirst();
    ResourceType namespaces = type(registry, there.resource());
    KubeObject before =
        registry
            .create(CONTEXT, namespaces, "", "", "", there.object(), WriteOptions.NONE)
            .object();
    List<String> told = new ArrayList<>();
    try (Registry.Watch watch =
        registry.watch(
            namespaces,
            "",
            ListOptions.ALL.withResourceVersion(String.valueOf(before.resourceVersion())),
            new Registry.WatchSink() {
              @Override
              public boolean offer(WatchEvent event) {
                told.add(event.type() + " " + event.object().name());
                return true;
              }

              @Override
              public void ended() {}
            })) {
      registry.plant(CONTEXT, FirstObjects.forNewCluster(), WriteOptions.NONE);
      assertThat(told)
          .containsExactly("ADDED kube-system", "ADDED kube-public", "ADDED kube-node-lease");
    }
    assertThat(registry.get(namespaces, "", "default", "").json()).isEqualTo(before.json());
  }
}
