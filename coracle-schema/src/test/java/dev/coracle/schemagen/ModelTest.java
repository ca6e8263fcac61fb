package dev.coracle.schemagen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.schemagen.Definition.Property;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {

  private static Property property(String definition, String name) throws Exception {
    Definition found = Model.read(Facts.read()).definitions().get(definition);
    assertThat(found).as(definition).isNotNull();
    return found.properties().stream()
        .filter(property -> property.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void read_listOfObjects_hasTypeKeysAndDescription() throws Exception {
    Property containers = property("io.k8s.api.core.v1.PodSpec", "containers");
    assertThat(containers.type()).isEqualTo("[]&io.k8s.api.core.v1.Container");
    assertThat(containers.attributes())
        .containsEntry("keys", "name")
        .containsEntry("merge", "name")
        .containsKey("required");
    assertThat(containers.description()).contains("There must be at least one container");
  }

  @Test
  void read_scalars_haveFormatAndImpliedDefault() throws Exception {
    Property replicas = property("io.k8s.api.apps.v1.DeploymentSpec", "replicas");
    assertThat(replicas.type()).isEqualTo("integer/int32");
    assertThat(replicas.attributes()).isEmpty();
    Property name = property("io.k8s.api.core.v1.Container", "name");
    assertThat(name.attributes()).containsEntry("default", "\"\"");
    Property status = property("io.k8s.api.core.v1.Pod", "status");
    assertThat(status.attributes()).containsEntry("default", "{}");
  }

  @Test
  void read_sameNameInTwoGroups_keepsThemApart() throws Exception {
    assertThat(property("io.k8s.api.events.v1.Event", "note").type()).isEqualTo("string");
    assertThat(property("io.k8s.api.core.v1.Event", "message").type()).isEqualTo("string");
  }

  @Test
  void outputFolder_secondRun_removesWhatIsNotWrittenAgain(@TempDir Path folder) throws Exception {
    try (OutputFolder first = new OutputFolder(folder)) {
      first.write("a", "1");
      first.write("b", "2");
    }
    try (OutputFolder second = new OutputFolder(folder)) {
      second.write("a", "1");
    }
    assertThat(folder.resolve("a")).hasContent("1");
    assertThat(Files.exists(folder.resolve("b"))).isFalse();
  }
}
