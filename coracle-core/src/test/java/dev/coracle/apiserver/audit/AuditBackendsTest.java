package dev.coracle.apiserver.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.metrics.Exposition;
import dev.coracle.metrics.Metrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditBackendsTest {

  @TempDir private Path directory;
  private final Metrics metrics = new Metrics();

  private Auditor auditor(AuditConfig.Log log, AuditConfig.Webhook webhook) throws IOException {
    Path policy =
        Files.writeString(
            directory.resolve("policy.yaml"),
            "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request}]\n");
    return Auditing.open(new AuditConfig(policy, log, webhook), metrics);
  }

  private static void record(Auditor auditor, String agent, String forwarded, String object)
      throws Auditor.NotStored {
    AuditEvent event =
        auditor.received(
            new Auditor.Received(
                "id-1",
                "/api/v1/pods",
                Headers.of("User-Agent", agent, "X-Forwarded-For", forwarded),
                new InetSocketAddress("10.1.2.3", 99),
                new RequestInfo(true, "/api/v1/pods", "create", "", "v1", "a", "pods", "", "", "")),
            UserInfo.of("tim\n\"forged\" line", "humans"));
    event.requestObject(Json.read(object));
    event.responseStarted(201, false);
    event.complete(false);
  }

  private String shown() {
    return new String(Exposition.PROMETHEUS.write(metrics, family -> true), StandardCharsets.UTF_8);
  }

  @Test
  void log_whatClientsSay_neverMakesALine() throws Exception {
    Path json = directory.resolve("json.log");
    Path legacy = directory.resolve("legacy.log");
    try (Auditor auditor = auditor(AuditConfig.Log.of(json.toString()), null)) {
      record(auditor, "a\r\nb", "1.2.3.4, junk, 5.6.7.8", "{\"x\":\"\\n\"}");
    }
    AuditConfig.Log usual = AuditConfig.Log.of(legacy.toString());
    try (Auditor auditor =
        auditor(
            new AuditConfig.Log(
                usual.path(), 0, 0, 0, false, true, usual.mode(), usual.batch(), usual.truncate()),
            null)) {
      record(auditor, "a\r\nb", "", "{}");
    }

    List<String> lines = Files.readAllLines(json);
    assertThat(lines).hasSize(2);
    JsonNode event = Json.read(lines.getLast());
    assertThat(event.path("sourceIPs").toString())
        .isEqualTo("[\"1.2.3.4\",\"5.6.7.8\",\"10.1.2.3\"]");
    assertThat(event.path("user").path("username").asText()).isEqualTo("tim\n\"forged\" line");
    assertThat(Files.readAllLines(legacy)).hasSize(2);
    assertThat(Files.readAllLines(legacy).getLast())
        .contains(" AUDIT: id=\"id-1\" stage=\"ResponseComplete\" ip=\"10.1.2.3\"")
        .contains("user=\"tim\\n\\\"forged\\\" line\"")
        .endsWith("namespace=\"a\" uri=\"/api/v1/pods\" response=\"201\"");
  }

  @Test
  void log_thatIsFull_isPutAside_andOldOnesGo() throws Exception {
    Path path = directory.resolve("rotated.log");
    AuditConfig.Log config =
        new AuditConfig.Log(
            path.toString(),
            0,
            2,
            1,
            true,
            false,
            AuditConfig.Mode.BLOCKING,
            AuditConfig.Batch.LOG,
            AuditConfig.Truncate.OFF);
    String large = "{\"x\":\"" + "y".repeat(300_000) + "\"}";
    try (Auditor auditor = auditor(config, null)) {
      for (int i = 0; i < 16; i++) {
        record(auditor, "a", "", large);
      }
    }

    assertThat(Files.size(path)).isLessThanOrEqualTo(1 << 20);
    try (Stream<Path> files = Files.list(directory)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertThat(names.stream().filter(name -> name.startsWith("rotated-")))
          .hasSize(2)
          .allMatch(
              name ->
                  name.matches(
                      "rotated-\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}\\.log\\.gz"));
    }
  }

  @Test
  void blockingStrict_fileThatCantBeWritten_refusesTheRequest() throws Exception {
    AuditConfig.Log usual = AuditConfig.Log.of("/dev/full");
    AuditConfig.Log strict =
        new AuditConfig.Log(
            usual.path(),
            0,
            0,
            0,
            false,
            false,
            AuditConfig.Mode.BLOCKING_STRICT,
            usual.batch(),
            usual.truncate());
    try (Auditor auditor = auditor(strict, null)) {
      assertThatThrownBy(() -> record(auditor, "a", "", "{}"))
          .isInstanceOf(Auditor.NotStored.class);
    }
    try (Auditor auditor = auditor(usual, null)) {
      record(auditor, "a", "", "{}");
    }
    assertThat(shown())
        .contains("apiserver_audit_error_total{plugin=\"log\"} 3")
        .contains("apiserver_audit_requests_rejected_total 1");
  }

  @Test
  void truncate_objectsGoFirst_thenTheEvent() throws Exception {
    Path path = directory.resolve("small.log");
    AuditConfig.Log usual = AuditConfig.Log.of(path.toString());
    AuditConfig.Log config =
        new AuditConfig.Log(
            usual.path(),
            0,
            0,
            0,
            false,
            false,
            usual.mode(),
            usual.batch(),
            new AuditConfig.Truncate(100_000, 2_000));
    try (Auditor auditor = auditor(config, null)) {
      record(auditor, "a", "", "{\"x\":\"" + "y".repeat(5_000) + "\"}");
    }

    JsonNode event = Json.read(Files.readAllLines(path).getLast());
    assertThat(event.has("requestObject")).isFalse();
    assertThat(event.path("annotations").path("audit.k8s.io/truncated").asText()).isEqualTo("true");
  }

  @Test
  void batch_bufferThatIsFull_losesAndCounts_andNobodyWaits() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    List<Integer> batches = new CopyOnWriteArrayList<>();
    AuditSink slow =
        new AuditSink() {
          @Override
          public boolean process(List<ObjectNode> events) {
            batches.add(events.size());
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return true;
          }

          @Override
          public void close() {}
        };
    AuditErrors errors = new AuditErrors(metrics);
    BufferedSink buffered =
        new BufferedSink(
            slow, new AuditConfig.Batch(10, 4, Duration.ZERO, 0, 0), errors.of("buffered"));
    for (int i = 0; i < 50; i++) {
      assertThat(buffered.process(List.of(Json.object()))).isTrue();
    }
    Awaitility.await().until(() -> !batches.isEmpty());
    release.countDown();
    buffered.close();

    int kept = batches.stream().mapToInt(Integer::intValue).sum();
    assertThat(batches).allMatch(size -> size <= 4);
    assertThat(kept).isBetween(10, 14);
    assertThat(shown()).contains("apiserver_audit_error_total{plugin=\"buffered\"} " + (50 - kept));
  }

  @Test
  void webhook_getsBatchesAsEventLists_andIsTriedAgain() throws Exception {
    List<JsonNode> received = new CopyOnWriteArrayList<>();
    AtomicInteger calls = new AtomicInteger();
    try (HttpServer server =
        HttpServer.start(
            HttpServerOptions.loopback(null),
            (request, responder) -> {
              byte[] body = request.readBody(1 << 24);
              if (calls.incrementAndGet() == 1) {
                responder.send(503, new Headers());
                return;
              }
              received.add(Json.read(body));
              responder.send(200, new Headers());
            })) {
      Path kubeconfig =
          Files.writeString(
              directory.resolve("webhook.yaml"),
              "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"http://127.0.0.1:"
                  + server.port()
                  + "/audit\"}}]\nusers: [{name: u, user: {}}]\n"
                  + "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n");
      AuditConfig.Webhook webhook =
          new AuditConfig.Webhook(
              kubeconfig,
              Duration.ofMillis(10),
              AuditConfig.Mode.BATCH,
              new AuditConfig.Batch(100, 5, Duration.ofMillis(50), 1000, 10),
              AuditConfig.Truncate.OFF);
      try (Auditor auditor = auditor(null, webhook)) {
        for (int i = 0; i < 6; i++) {
          record(auditor, "a", "", "{}");
        }
        Awaitility.await()
            .until(() -> received.stream().mapToInt(list -> list.path("items").size()).sum() == 12);
      }
    }

    assertThat(received).allMatch(list -> list.path("kind").asText().equals("EventList"));
    assertThat(received).allMatch(list -> list.path("items").size() <= 5);
    assertThat(received.getFirst().path("items").path(0).path("auditID").asText())
        .isEqualTo("id-1");
    assertThat(shown()).doesNotContain("apiserver_audit_error_total{plugin=\"webhook\"} 1");
  }

  @Test
  void options_thatMakeNoSense_areRefused() {
    AuditConfig.Log usual = AuditConfig.Log.of("x");
    AuditConfig.Log bad =
        new AuditConfig.Log(
            "x",
            -1,
            0,
            0,
            false,
            false,
            AuditConfig.Mode.BATCH,
            new AuditConfig.Batch(0, 0, Duration.ZERO, 0, 0),
            new AuditConfig.Truncate(1, 2));

    assertThat(new AuditConfig(null, usual, null).errors()).isEmpty();
    assertThat(new AuditConfig(null, bad, null).errors())
        .containsExactly(
            "invalid audit batch log buffer size 0, must be a positive number",
            "invalid audit batch log max batch size 0, must be a positive number",
            "invalid audit truncate log max batch size 1, must be greater than max event size (2)",
            "--audit-log-maxage -1 can't be a negative number");
  }
}
