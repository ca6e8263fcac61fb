package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.Patience;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.client.Client;
import dev.coracle.client.Transport;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One API server, asked through both of its doors. */
class ApiServerTest {

  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");

  @TempDir static Path directory;
  private static DevServer dev;
  private static HttpClient http;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    dev = new DevServer(directory);
    http = TrustAnyone.client();
    client = new Client(dev.server().inMemoryTransport(UserInfo.of("tester", "system:masters")));
    client.create(
        GroupVersionResource.core("namespaces"),
        "",
        (ObjectNode) Json.read("{\"metadata\":{\"name\":\"default\"}}"));
  }

  @AfterAll
  static void stop() {
    http.close();
    dev.close();
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(dev.url() + path))
        .header("Authorization", "Bearer " + DevServer.TOKEN);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static KubeObject create(String name, String value) {
    return client.create(
        CONFIG_MAPS,
        "default",
        (ObjectNode)
            Json.read(
                "{\"metadata\":{\"name\":\""
                    + name
                    + "\",\"labels\":{\"test\":\""
                    + name
                    + "\"}},\"data\":{\"k\":\""
                    + value
                    + "\"}}"));
  }

  @Test
  void get_anonymous_isForbiddenInKubernetesWords() throws Exception {
    HttpResponse<String> root = send(HttpRequest.newBuilder(URI.create(dev.url() + "/")));
    HttpResponse<String> pods =
        send(HttpRequest.newBuilder(URI.create(dev.url() + "/api/v1/namespaces/default/pods")));

    assertThat(root.statusCode()).isEqualTo(403);
    assertThat(Json.read(root.body()))
        .isEqualTo(
            Json.read(
                """
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
                 "message":"forbidden: User \\"system:anonymous\\" cannot get path \\"/\\"",
                 "reason":"Forbidden","details":{},"code":403}
                """));
    assertThat(Json.read(pods.body()).path("message").asText())
        .isEqualTo(
            "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API"
                + " group \"\" in the namespace \"default\"");
  }

  @Test
  void get_badToken_isUnauthorized() throws Exception {
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(dev.url() + "/healthz"))
                .header("Authorization", "Bearer wrong"));

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(Json.read(answer.body()).path("message").asText()).isEqualTo("Unauthorized");
  }

  @Test
  void create_overHttp_isSeenInMemoryAndListedWithoutItsType() throws Exception {
    HttpResponse<String> created =
        post(
            "/api/v1/namespaces/default/configmaps?fieldManager=me",
            "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"both\","
                + "\"labels\":{\"test\":\"both\"}},\"data\":{\"a\":\"1\"}}");
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(created.headers().firstValue("audit-id")).isPresent();
    assertThat(created.headers().firstValue("cache-control")).contains("no-cache, private");

    assertThat(client.get(CONFIG_MAPS, "default", "both").text("data", "a")).isEqualTo("1");
    JsonNode list =
        Json.read(
            send(request("/api/v1/namespaces/default/configmaps?labelSelector=test%3Dboth"))
                .body());
    assertThat(list.path("kind").asText()).isEqualTo("ConfigMapList");
    assertThat(list.path("items")).hasSize(1);
    assertThat(list.path("items").path(0).has("kind")).isFalse();
    assertThat(list.path("items").path(0).path("metadata").path("name").asText()).isEqualTo("both");
  }

  @Test
  void get_views_showTableAndPartialMetadata() throws Exception {
    create("viewed", "x");
    HttpResponse<String> table =
        send(
            request("/api/v1/namespaces/default/configmaps/viewed")
                .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"));
    HttpResponse<String> partial =
        send(
            request("/api/v1/namespaces/default/configmaps/viewed")
                .header("Accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"));

    JsonNode row = Json.read(table.body()).path("rows").path(0);
    assertThat(row.path("cells").path(0).asText()).isEqualTo("viewed");
    assertThat(row.path("object").path("kind").asText()).isEqualTo("PartialObjectMetadata");
    JsonNode metadataOnly = Json.read(partial.body());
    assertThat(metadataOnly.path("kind").asText()).isEqualTo("PartialObjectMetadata");
    assertThat(metadataOnly.path("metadata").path("name").asText()).isEqualTo("viewed");
    assertThat(metadataOnly.has("data")).isFalse();
  }

  @Test
  void watch_overHttp_streamsEventsInOrder() throws Exception {
    long from =
        client
            .list(CONFIG_MAPS, "default", ListOptions.ALL.withLabelSelector("none"))
            .resourceVersion();
    HttpResponse<InputStream> stream =
        http.send(
            request(
                    "/api/v1/namespaces/default/configmaps?watch=1&labelSelector=test%3Dwatched"
                        + "&resourceVersion="
                        + from)
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), UTF_8))) {
      create("watched", "1");
      assertThat(Json.read(lines.readLine()).path("type").asText()).isEqualTo("ADDED");
      client.delete(CONFIG_MAPS, "default", "watched", DeleteOptions.DEFAULT);
      JsonNode deleted = Json.read(lines.readLine());
      assertThat(deleted.path("type").asText()).isEqualTo("DELETED");
      assertThat(deleted.path("object").path("kind").asText()).isEqualTo("ConfigMap");
    }
  }

  @Test
  void watch_inMemory_givesTheVeryObjects() throws Exception {
    LinkedBlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    Transport.WatchHandler handler =
        new Transport.WatchHandler() {
          @Override
          public void event(WatchEvent event) {
            events.add(event);
          }

          @Override
          public void ended(StatusException cause) {}
        };
    try (Transport.Watch watch =
        client.watch(
            CONFIG_MAPS, "default", ListOptions.ALL.withLabelSelector("test=inside"), handler)) {
      create("inside", "1");

      WatchEvent event = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.type()).isEqualTo(WatchEvent.Type.ADDED);
      assertThat(event.object()).isSameAs(client.get(CONFIG_MAPS, "default", "inside"));
    }
  }

  @Test
  void watch_timeoutSeconds_endsTheStream() throws Exception {
    HttpResponse<String> answer =
        send(
            request(
                "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&labelSelector=none"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void list_large_isCompressedWhenAccepted() throws Exception {
    String value = "v".repeat(40_000);
    for (int i = 0; i < 5; i++) {
      create("large-" + i, value);
    }
    HttpResponse<byte[]> zipped =
        http.send(
            request("/api/v1/namespaces/default/configmaps")
                .header("Accept-Encoding", "gzip")
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    HttpResponse<String> plain = send(request("/api/v1/namespaces/default/configmaps"));

    assertThat(zipped.headers().firstValue("content-encoding")).contains("gzip");
    try (GZIPInputStream unzipped =
        new GZIPInputStream(new java.io.ByteArrayInputStream(zipped.body()))) {
      JsonNode list = Json.read(unzipped.readAllBytes());
      assertThat(list.path("items").size()).isGreaterThanOrEqualTo(5);
    }
    assertThat(Json.read(plain.body()).path("items").size()).isGreaterThanOrEqualTo(5);
  }

  @Test
  void create_tooLarge_is413() throws Exception {
    HttpResponse<String> answer =
        post(
            "/api/v1/namespaces/default/configmaps",
            "{\"metadata\":{\"name\":\"big\"},\"data\":{\"a\":\"" + "x".repeat(3_200_000) + "\"}}");

    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(Json.read(answer.body()).path("message").asText())
        .isEqualTo("Request entity too large: limit is 3145728");
  }

  @Test
  void create_duplicateField_warns() throws Exception {
    HttpResponse<String> answer =
        post(
            "/api/v1/namespaces/default/configmaps",
            "{\"metadata\":{\"name\":\"twice\"},\"data\":{\"k\":\"1\",\"k\":\"2\"}}");

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.headers().allValues("warning"))
        .containsExactly("299 - \"duplicate field \\\"data.k\\\"\"");
  }

  @Test
  void impersonate_user_isAuthorizedAsThatUser() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/api/v1/namespaces/default/pods")
                .header("Impersonate-User", "jane")
                .header("Impersonate-Group", "devs"));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(Json.read(answer.body()).path("message").asText()).contains("User \"jane\"");
  }

  @Test
  void put_onCollection_isMethodNotAllowed() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/api/v1/namespaces/default/configmaps")
                .PUT(HttpRequest.BodyPublishers.ofString("{}")));

    assertThat(answer.statusCode()).isEqualTo(405);
  }

  @Test
  void get_unknownResourceOrPath_isNotFound() throws Exception {
    assertThat(send(request("/api/v1/namespaces/default/widgets")).statusCode()).isEqualTo(404);
    HttpResponse<String> path = send(request("/apiz"));
    assertThat(path.statusCode()).isEqualTo(404);
    assertThat(path.body()).isEqualTo("404 page not found\n");
  }

  @Test
  void discovery_aggregated_hasAnEtag() throws Exception {
    HttpRequest.Builder asked =
        request("/apis")
            .header(
                "Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    HttpResponse<String> first = send(asked);
    String etag = first.headers().firstValue("etag").orElseThrow();
    HttpResponse<String> second = send(asked.header("If-None-Match", etag));

    assertThat(Json.read(first.body()).path("kind").asText()).isEqualTo("APIGroupDiscoveryList");
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(client.transport().read("/apis").path("groups").path(1).path("name").asText())
        .isEqualTo("apps");
  }

  @Test
  void readyz_failingCheck_isNamed() throws Exception {
    dev.server().health().add("mood", HealthChecks.Scope.READY, () -> "bad");
    try {
      HttpResponse<String> ready = send(request("/readyz"));
      assertThat(ready.statusCode()).isEqualTo(500);
      assertThat(ready.body())
          .isEqualTo("[+]ping ok\n[-]mood failed: reason withheld\nreadyz check failed\n");
      assertThat(send(request("/livez")).body()).isEqualTo("ok");
      assertThat(send(request("/readyz?exclude=mood")).body()).isEqualTo("ok");
      assertThat(send(request("/readyz/ping?verbose")).body()).isEqualTo("ok");
    } finally {
      dev.server().health().add("mood", HealthChecks.Scope.READY, () -> null);
    }
    assertThat(send(request("/readyz?verbose")).body())
        .isEqualTo("[+]ping ok\n[+]mood ok\nreadyz check passed\n");
  }

  @Test
  void inMemory_unprivilegedIdentity_isForbidden() {
    Client nobody =
        new Client(dev.server().inMemoryTransport(UserInfo.of("nobody", "system:authenticated")));

    assertThatThrownBy(() -> nobody.get(CONFIG_MAPS, "default", "both"))
        .isInstanceOfSatisfying(StatusException.class, e -> assertThat(e.code()).isEqualTo(403));
  }
}
