package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.controller.Make;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StorageLimitsTest {

  private static @Nullable String exceeded(String volume, String limits, long used, long logs) {
    return StorageLimits.exceeded(
        Make.object(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  containers: [{name: main, resources: {limits: {%s}}}]
                  volumes: [{name: data, emptyDir: {%s}}]
                """
                    .formatted(limits, volume))
            .tree(),
        name -> used,
        name -> logs);
  }

  @Test
  void exceeded_emptyDirAboveItsLimit_namesIt() {
    assertThat(exceeded("sizeLimit: 1Ki", "", 1024, 0)).isNull();
    assertThat(exceeded("sizeLimit: 1Ki", "", 1025, 0))
        .isEqualTo("Usage of EmptyDir volume \"data\" exceeds the limit \"1Ki\". ");
    assertThat(exceeded("sizeLimit: 1Ki, medium: Memory", "", 1025, 0)).isNull();
  }

  @Test
  void exceeded_containersTogether_beforeOneAlone() {
    assertThat(exceeded("", "ephemeral-storage: 2Ki", 1024, 1025))
        .isEqualTo("Pod ephemeral local storage usage exceeds the total limit of containers 2Ki. ");
    assertThat(exceeded("", "ephemeral-storage: 2Ki", 1024, 1024)).isNull();
    assertThat(exceeded("", "cpu: 1", 1 << 30, 1 << 30)).isNull();
  }
}
