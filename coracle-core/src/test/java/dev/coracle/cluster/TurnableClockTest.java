package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.cluster.options.ClusterOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --clock controllable}: the whole cluster's time is turned through the API. */
class TurnableClockTest {

  private static final GroupVersionResource JOBS = GroupVersionResource.of("batch", "v1", "jobs");

  @TempDir private Path directory;
  private TestCluster cluster;

  @BeforeEach
  void start() {
    cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL)
                .toBuilder()
                .turnableClock(true)
                .build());
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private Instant turn(String by) throws Exception {
    TestCluster.Output output =
        cluster.kubectlWithInput(
            "{\"advance\":\"" + by + "\"}", "create", "--raw", "/coracle/clock", "-f", "-");
    assertThat(output.exitCode()).as(output.text()).isZero();
    return Instant.parse(Json.read(output.text()).path("time").asText());
  }

  @Test
  void turn_overACronJobsTimes_startsItsJobsAndRemovesThemWhenTheirTimeIsOver() throws Exception {
    String cronJob =
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"hourly"},"spec":{"schedule":"0 * * * *",
        "successfulJobsHistoryLimit":50,"jobTemplate":{"spec":{"ttlSecondsAfterFinished":7200,"template":{"spec":{
        "restartPolicy":"Never","containers":[{"name":"c","image":"i","command":["true"]}]}}}}}}
        """;
    assertThat(cluster.kubectlWithInput(cronJob, "create", "-f", "-").exitCode()).isZero();
    Instant before = Instant.now();

    Instant after = turn("24h");

    assertThat(Duration.between(before, after)).isGreaterThanOrEqualTo(Duration.ofHours(24));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.client().list(JOBS, "default", ListOptions.ALL).items())
                    .isNotEmpty()
                    .allMatch(job -> endedAt(job).isAfter(after.minus(Duration.ofMinutes(125)))));
  }

  private static Instant endedAt(KubeObject job) {
    String time = job.text("status", "completionTime");
    return time.isEmpty() ? Instant.MAX : Instant.parse(time);
  }

  private String whoAmI(String token) throws Exception {
    return cluster
        .kubectl(
            "auth",
            "whoami",
            "--kubeconfig=/dev/null",
            "--server=" + cluster.server(),
            "--insecure-skip-tls-verify",
            "--token=" + token)
        .text();
  }

  @Test
  void turn_farBeyondTheLeases_leavesTheNodeReadyAndTokensExpire() throws Exception {
    String token = cluster.kubectl("create", "token", "default", "--duration=10m").text().strip();
    assertThat(whoAmI(token)).contains("system:serviceaccount:default:default");

    turn("11m");

    assertThat(whoAmI(token)).contains("Unauthorized");
    await()
        .untilAsserted(
            () -> {
              assertThat(cluster.kubectl("get", "nodes", "--no-headers").text())
                  .contains(" Ready ");
              String taints = "jsonpath={.items[*].spec.taints}";
              assertThat(cluster.kubectl("get", "nodes", "-o", taints).text()).isEmpty();
            });
  }

  @Test
  void turn_byNonsense_isABadRequest() throws Exception {
    TestCluster.Output output =
        cluster.kubectlWithInput(
            "{\"advance\":\"soon\"}", "create", "--raw", "/coracle/clock", "-f", "-");

    assertThat(output.exitCode()).isNotZero();
    assertThat(output.text()).contains("how far to turn");
  }

  @Test
  void turn_bySomebodyWithoutTheRight_isForbidden() throws Exception {
    TestCluster.Output output =
        cluster.kubectlWithInput(
            "{\"advance\":\"1h\"}", "create", "--raw", "/coracle/clock", "-f", "-", "--as=jane");

    assertThat(output.text()).contains("Forbidden");
  }
}
