package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.Patience;
import dev.coracle.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What fabric8's client does with Pods that really run. */
class Fabric8PodsTest {

  private static final String SIZES = "while stty size; do sleep 0.05; done";

  @TempDir private static Path directory;
  private static @Nullable TestCluster cluster;
  private static @Nullable KubernetesClient client;

  @BeforeAll
  static void start() throws IOException {
    KubectlStory.assumeRoot();
    cluster = TestCluster.start(directory);
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
            .build();
  }

  @AfterAll
  static void stop() {
    if (client != null) {
      client.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  private static PodResource running(String name) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("default")
            .endMetadata()
            .withNewSpec()
            .withTerminationGracePeriodSeconds(0L)
            .addNewContainer()
            .withName("main")
            .withImage("host")
            .withCommand("sleep", "600")
            .endContainer()
            .endSpec()
            .build();
    assertThat(client).isNotNull();
    client.resource(pod).create();
    PodResource resource = client.pods().inNamespace("default").withName(name);
    resource.waitUntilReady(Patience.SECONDS, TimeUnit.SECONDS);
    return resource;
  }

  /** The client sends a file to a command's standard input and closes the connection. */
  @Test
  void upload_connectionClosedBehindTheFile_fileIsWhole() throws IOException {
    PodResource pod = running("uploads");
    for (int size : new int[] {12, 3_000_000}) {
      byte[] file = new byte[size];
      new Random(size).nextBytes(file);
      // What it answers is the file's size at once, which on a busy machine is still growing.
      boolean unused = pod.file("/tmp/file").upload(new ByteArrayInputStream(file));
      await().untilAsserted(() -> assertThat(read(pod, "/tmp/file")).isEqualTo(file));
    }
  }

  private static byte[] read(PodResource pod, String file) throws IOException {
    ByteArrayOutputStream back = new ByteArrayOutputStream();
    try (InputStream read = pod.file(file).read()) {
      read.transferTo(back);
    }
    return back.toByteArray();
  }

  @Test
  void terminal_resizedTwice_knowsItsSize() throws IOException {
    PodResource pod = running("terminal");
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    try (ExecWatch shell =
        pod.redirectingInput().writingOutput(seen).withTTY().exec("sh", "-c", SIZES)) {
      shell.resize(100, 50);
      await().until(() -> seen.toString(StandardCharsets.UTF_8).contains("50 100"));
      shell.resize(90, 40);
      await().until(() -> seen.toString(StandardCharsets.UTF_8).contains("40 90"));
    }
  }

  /** fabric8 evicts by {@code policy/v1beta1}. */
  @Test
  void evict_olderVersion_isAccepted() {
    PodResource pod = running("evicted");
    assertThat(pod.evict()).isTrue();
    await().until(() -> pod.get() == null);
  }
}
