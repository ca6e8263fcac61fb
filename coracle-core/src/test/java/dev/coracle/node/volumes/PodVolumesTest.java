package dev.coracle.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodVolumesTest {

  @TempDir private Path directory;

  /** A cluster that has nothing but tokens. */
  private static final class Tokens implements VolumeSource {

    @Override
    public @Nullable KubeObject configMap(String namespace, String name) {
      return null;
    }

    @Override
    public @Nullable KubeObject secret(String namespace, String name) {
      return null;
    }

    @Override
    public @Nullable KubeObject persistentVolumeClaim(String namespace, String name) {
      return null;
    }

    @Override
    public @Nullable KubeObject persistentVolume(String name) {
      return null;
    }

    @Override
    public JsonNode allocatable() {
      return Json.object();
    }

    @Override
    public Token token(KubeObject pod, String audience, long expirationSeconds) {
      return new Token("token", now(), now().plusSeconds(expirationSeconds));
    }

    @Override
    public Instant now() {
      return Instant.parse("2026-11-21T04:00:00Z");
    }
  }

  /** As the conformance suite's "should set ownership and permission when RunAsUser or FsGroup". */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | {} | {} | 644 | -1",
        "{runAsUser: 1000} | {} | {} | 600 | 1000",
        "{} | {runAsUser: 1000} | {runAsUser: 1000} | 600 | 1000",
        "{} | {runAsUser: 1000} | {} | 644 | -1",
        "{runAsUser: 1000} | {runAsUser: 1001} | {} | 644 | -1",
        "{fsGroup: 2000} | {} | {} | 640 | -1",
        "{fsGroup: 2000, runAsUser: 1000} | {} | {} | 640 | 1000"
      })
  void token_isReadByThoseItIsFor(
      String pod, String initContainer, String container, String mode, long user)
      throws IOException {
    ObjectNode tree =
        (ObjectNode)
            Yaml.read(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: n, uid: u}
                spec:
                  securityContext: %s
                  initContainers: [{name: i, securityContext: %s}]
                  containers: [{name: c, securityContext: %s}]
                  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: token}}]}}]
                """
                    .formatted(pod, initContainer, container)
                    .getBytes(StandardCharsets.UTF_8));
    PodVolumes volumes = new PodVolumes(directory, new Tokens(), Mounter.NONE);
    volumes.setUp(KubeObject.of(tree), tree);
    Path volume = volumes.path("v");
    assertThat(volume).isNotNull();
    Path token = volume.resolve("token");
    assertThat((Integer) Files.getAttribute(token, "unix:mode") & 0777)
        .isEqualTo(Integer.parseInt(mode, 8));
    if (System.getProperty("user.name").equals("root")) {
      assertThat((Integer) Files.getAttribute(token, "unix:uid"))
          .isEqualTo(Math.max(0, (int) user));
    }
  }
}
