package dev.coracle.registry.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ObjectTreeTest {

  private static KubeObject object(String namespace, String name) {
    var metadata = Json.object().put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return KubeObject.of(
        Json.object().put("kind", "T").put("apiVersion", "v1").set("metadata", metadata));
  }

  private static List<String> keys(ObjectTree tree) {
    List<String> keys = new ArrayList<>();
    tree.forEach(object -> keys.add(object.key()));
    return keys;
  }

  @Test
  void tree_randomChanges_isTheSortedMapThatItShouldBe() {
    Random random = new Random(7);
    TreeMap<String, KubeObject> model = new TreeMap<>();
    ObjectTree tree = ObjectTree.EMPTY;
    List<ObjectTree> snapshots = new ArrayList<>();
    List<List<String>> expected = new ArrayList<>();
    String[] namespaces = {"a", "a-b", "a.b", "ab", "a0", "b"};
    for (int i = 0; i < 30_000; i++) {
      String namespace = namespaces[random.nextInt(namespaces.length)];
      // It grows, and then it shrinks to nothing.
      String name = "n" + random.nextInt(1_500);
      if (random.nextInt(30_000) > i) {
        KubeObject object = object(namespace, name);
        model.put(object.key(), object);
        tree = tree.with(object);
      } else {
        model.remove(namespace + "/" + name);
        tree = tree.without(namespace, name);
      }
      assertThat(tree.size()).isEqualTo(model.size());
      if (i % 1_000 == 0) {
        snapshots.add(tree);
        expected.add(List.copyOf(model.keySet()));
        check(tree, model, namespace, name);
      }
    }
    for (int i = 0; i < snapshots.size(); i++) {
      assertThat(keys(snapshots.get(i))).isEqualTo(expected.get(i));
    }
    for (String key : List.copyOf(model.keySet())) {
      int slash = key.indexOf('/');
      tree = tree.without(key.substring(0, slash), key.substring(slash + 1));
    }
    assertThat(tree.size()).isZero();
    assertThat(keys(tree)).isEmpty();
  }

  private static void check(
      ObjectTree tree, TreeMap<String, KubeObject> model, String namespace, String name) {
    String key = namespace + "/" + name;
    assertThat(tree.get(namespace, name)).isSameAs(model.get(key));
    assertThat(tree.rank(namespace, name)).isEqualTo(model.headMap(key).size());
    List<String> from = new ArrayList<>();
    tree.from(namespace, name, object -> from.add(object.key()));
    assertThat(from).isEqualTo(List.copyOf(model.tailMap(key).keySet()));
    List<KubeObject> sorted = List.copyOf(model.values());
    assertThat(keys(ObjectTree.ofSorted(sorted))).isEqualTo(List.copyOf(model.keySet()));
    if (!sorted.isEmpty()) {
      assertThat(
              ObjectTree.ofSorted(sorted)
                  .get(sorted.getFirst().namespace(), sorted.getFirst().name()))
          .isSameAs(sorted.getFirst());
    }
  }

  @Test
  void tree_withoutNamespaces_isInTheOrderOfNames() {
    ObjectTree tree = ObjectTree.EMPTY;
    for (String name : List.of("b", "a-b", "a", "a.b")) {
      tree = tree.with(object("", name));
    }
    assertThat(keys(tree)).containsExactly("a", "a-b", "a.b", "b");
    assertThat(tree.rank("", "\uffff")).isEqualTo(4);
  }
}
