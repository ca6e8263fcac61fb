package dev.coracle.podinfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodInfoTest {

  @TempDir Path directory;

  /** Swaps a volume's content as a kubelet does. */
  private void swap(Path volume, String version, Map<String, String> files) throws IOException {
    Path data = Files.createDirectories(volume.resolve(".." + version));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(data.resolve(file.getKey()), file.getValue());
      Path link = volume.resolve(file.getKey());
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, Path.of("..data", file.getKey()));
      }
    }
    Path next = volume.resolve("..data_tmp");
    Files.createSymbolicLink(next, data.getFileName());
    Files.move(
        next,
        volume.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private PodInfo pod(Map<String, String> environment) {
    return PodInfo.of(environment, directory.resolve("info"), directory.resolve("account"));
  }

  @Test
  void labels_withEscapes_areUnescaped() throws IOException {
    swap(
        directory.resolve("info"),
        "1",
        Map.of("labels", "app=\"web\"\ntext=\"multi\\nline \\\"quoted\\\" \\\\ \\u00e9\"\n"));
    assertThat(pod(Map.of()).labels())
        .containsExactly(
            Map.entry("app", "web"), Map.entry("text", "multi\nline \"quoted\" \\ \u00e9"));
  }

  @Test
  void labels_broken_sayWhereAndWhat() throws IOException {
    swap(directory.resolve("info"), "1", Map.of("labels", "app=web"));
    assertThatThrownBy(() -> pod(Map.of()).labels())
        .isInstanceOf(PodInfoException.class)
        .hasMessageContaining("labels")
        .hasMessageContaining("app=web");
  }

  @Test
  void onChange_afterASwap_tellsTheNewState() throws IOException {
    Path volume = directory.resolve("info");
    swap(volume, "1", Map.of("labels", "tier=\"a\""));
    AtomicReference<Map<String, String>> seen = new AtomicReference<>(Map.of());
    try (var subscription = pod(Map.of()).onChange(pod -> seen.set(pod.labels()))) {
      swap(volume, "2", Map.of("labels", "tier=\"b\""));
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(seen.get()).containsEntry("tier", "b"));
    }
  }

  @Test
  void serviceAccount_followsRotation() throws IOException {
    Path account = directory.resolve("account");
    swap(account, "1", Map.of("token", "one", "namespace", "shop", "ca.crt", "CA"));
    PodInfo pod = pod(Map.of());
    assertThat(pod.namespace()).isEqualTo("shop");
    assertThat(pod.token()).isEqualTo("one");
    swap(account, "2", Map.of("token", "two", "namespace", "shop", "ca.crt", "CA"));
    assertThat(pod.token()).isEqualTo("two");
  }

  @Test
  void missingThings_sayWhichManifestLinesProvideThem() {
    PodInfo pod = pod(Map.of());
    assertThatThrownBy(pod::labels)
        .hasMessageContaining("info/labels")
        .hasMessageContaining("fieldPath: metadata.labels")
        .hasMessageContaining("mountPath: ");
    assertThatThrownBy(() -> pod.variable("POD_IP", "status.podIP"))
        .hasMessageContaining("POD_IP")
        .hasMessageContaining("fieldPath: status.podIP");
    assertThatThrownBy(pod::token).hasMessageContaining("automountServiceAccountToken: true");
    assertThatThrownBy(() -> pod.resourceVariable("MEM", "limits.memory", "1Mi"))
        .hasMessageContaining("resource: limits.memory");
  }

  @Test
  void resources_withDivisor_areTypedQuantities() throws IOException {
    PodInfo pod = pod(Map.of("CPU", "250", "MEM", "64"));
    assertThat(pod.resourceVariable("CPU", "limits.cpu", "1m").milli()).isEqualTo(250);
    assertThat(pod.resourceVariable("MEM", "limits.memory", "1Mi").units()).isEqualTo(64L << 20);
    assertThat(ResourceQuantity.parse("1500m").units()).isEqualTo(2);
    assertThat(ResourceQuantity.parse("1e3").units()).isEqualTo(1000);
    assertThat(ResourceQuantity.parse("2Gi").units()).isEqualTo(2L << 30);
    assertThatThrownBy(() -> ResourceQuantity.parse("much"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
