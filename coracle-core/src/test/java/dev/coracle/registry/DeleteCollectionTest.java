package dev.coracle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deletion of few objects and of many, which go several at a time. */
class DeleteCollectionTest extends RegistryFixture {

  private List<String> makeMaps(int many) {
    return IntStream.range(0, many)
        .mapToObj(i -> "m%04d".formatted(i))
        .peek(name -> create("configmaps", "a", "{'metadata':{'name':'" + name + "'}}"))
        .toList();
  }

  private ObjectList maps() {
    return registry.list(type("configmaps"), "a", ListOptions.ALL);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 32, 33, 500})
  void deleteCollection_ofSoMany_answersThemInOrder_andAllAreGone(int many) {
    List<String> names = makeMaps(many);
    create("configmaps", "b", "{'metadata':{'name':'other'}}");
    ObjectList deleted =
        registry.deleteCollection(
            context, type("configmaps"), "a", DeleteOptions.DEFAULT, ListOptions.ALL);
    assertThat(deleted.items()).extracting(KubeObject::name).containsExactlyElementsOf(names);
    assertThat(maps().items()).isEmpty();
    assertThat(get("configmaps", "b", "other").name()).isEqualTo("other");
  }

  @Test
  void deleteCollection_selected_leavesTheOthers() {
    makeMaps(100);
    for (int i = 0; i < 50; i++) {
      create("configmaps", "a", "{'metadata':{'name':'l" + i + "','labels':{'keep':'no'}}}");
    }
    registry.deleteCollection(
        context,
        type("configmaps"),
        "a",
        DeleteOptions.DEFAULT,
        ListOptions.ALL.withLabelSelector("keep=no"));
    assertThat(maps().items()).hasSize(100).allMatch(map -> map.name().startsWith("m"));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 200})
  void deleteCollection_refusedForOne_saysSo(int many) {
    makeMaps(many);
    DeleteOptions strange = DeleteOptions.uid("strange");
    assertStatus(
        () -> registry.deleteCollection(context, type("configmaps"), "a", strange, ListOptions.ALL),
        409,
        "the UID in the precondition (strange) does not match");
    assertThat(maps().items()).hasSize(many);
  }
}
