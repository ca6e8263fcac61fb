package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests in odd forms, and answers in the forms that were asked for. */
class RequestFormsTest {

  private static final String CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String META = ";g=meta.k8s.io;v=v1";

  @TempDir static Path directory;
  private static DevServer dev;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    dev = new DevServer(directory);
    http = TrustAnyone.client();
    Client client =
        new Client(dev.server().inMemoryTransport(UserInfo.of("tester", "system:masters")));
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

  private static HttpResponse<String> post(String path, String contentType, byte[] body)
      throws Exception {
    return send(
        request(path)
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  private static HttpResponse<String> json(String body) throws Exception {
    return post(CONFIG_MAPS + "?dryRun=All", "application/json", body.getBytes(UTF_8));
  }

  private static HttpResponse<String> yaml(String query, String body) throws Exception {
    return post(CONFIG_MAPS + "?dryRun=All&" + query, "application/yaml", body.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          HEAD    | /api/v1/namespaces/default/configmaps     | 405
          OPTIONS | /api/v1/namespaces/default/configmaps     | 405
          PUT     | /api/v1/namespaces/default/configmaps     | 405
          POST    | /api/v1/namespaces/default/configmaps/x   | 405
          DELETE  | /api/v1/configmaps                        | 405
          POST    | /api/v1                                   | 405
          PUT     | /apis                                     | 405
          DELETE  | /version                                  | 405
          GET     | /api/v1/nothings                          | 404
          GET     | /apis/nothing.example.com/v1              | 404
          GET     | /api/v1/namespaces/default/configmaps/..  | 400
          GET     | /api/v1/namespaces/default/configmaps/a%25 | 400
          GET     | /api/v1/namespaces/default/configmaps?limit=x | 400
          GET     | /api/v1/namespaces/default/configmaps?continue=foo | 400
          """)
  void request_ofAMethodAndPath_hasItsCode(String method, String path, int code) throws Exception {
    HttpResponse<String> answer =
        send(request(path).method(method, HttpRequest.BodyPublishers.noBody()));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          text/html                                                  | 406 |
          application/json;q=0.1, application/yaml;q=0.9             | 200 | application/yaml
          text/html, */*                                             | 200 | application/json
          application/json;as=Table;g=meta.k8s.io;v=v9               | 406 |
          application/json;as=Table;g=meta.k8s.io;v=v9, */*          | 200 | application/json
          application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1 | 406 |
          application/json;stream=other                              | 406 |
          """)
  void list_asAccepted_isWrittenSo(String accept, int code, String contentType) throws Exception {
    HttpResponse<String> answer = send(request(CONFIG_MAPS).header("Accept", accept));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(code);
    if (contentType != null) {
      assertThat(answer.headers().firstValue("content-type")).hasValue(contentType);
    }
  }

  @Test
  void watch_asYaml_isNotAcceptable() throws Exception {
    HttpResponse<String> answer =
        send(
            request(CONFIG_MAPS + "?watch=1&timeoutSeconds=1")
                .header("Accept", "application/yaml"));
    assertThat(answer.statusCode()).isEqualTo(406);
    assertThat(answer.body()).contains("application/json;stream=watch");
  }

  @Test
  void table_ofWhatHasNoColumns_isNotAcceptable() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
                .header("Accept", "application/json;as=Table" + META)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(answer.statusCode()).isEqualTo(406);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1beta1"})
  void views_inEitherVersion_areOfIt(String version) throws Exception {
    String kinds = "\"apiVersion\":\"meta.k8s.io/" + version + "\"";
    String accept = ";g=meta.k8s.io;v=" + version;

    String table = get("/api/v1/namespaces", "application/json;as=Table" + accept).body();
    assertThat(table).startsWith("{\"kind\":\"Table\"," + kinds);
    assertThat(table).contains("\"object\":{\"kind\":\"PartialObjectMetadata\"," + kinds);
    assertThat(
            get("/api/v1/namespaces", "application/json;as=PartialObjectMetadataList" + accept)
                .body())
        .startsWith("{\"kind\":\"PartialObjectMetadataList\"," + kinds)
        .contains("{\"kind\":\"PartialObjectMetadata\"," + kinds);
    assertThat(
            get("/api/v1/namespaces/default", "application/json;as=PartialObjectMetadata" + accept)
                .body())
        .startsWith("{\"kind\":\"PartialObjectMetadata\"," + kinds);
  }

  private static HttpResponse<String> get(String path, String accept) throws Exception {
    return send(request(path).header("Accept", accept));
  }

  @Test
  void table_withUnknownInclude_isRefused() throws Exception {
    HttpResponse<String> answer =
        send(
            request(CONFIG_MAPS + "?includeObject=Foo")
                .header("Accept", "application/json;as=Table" + META));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("must be 'Metadata', 'Object', 'None', or empty");
  }

  @Test
  void body_thatIsNoJson_isToldInGosWords() throws Exception {
    assertThat(json("").body()).contains("unexpected end of JSON input (<empty>)");
    assertThat(json("foo").body()).contains("invalid character 'o' in literal false");
    assertThat(json("[]").body()).contains("json: cannot unmarshal array into Go value");
    assertThat(json("{} x").body()).contains("invalid character 'x' after top-level value");
    assertThat(json("null").statusCode()).isEqualTo(422);
    String deep = "{\"data\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";
    assertThat(json(deep).body()).contains("exceeded max depth");
  }

  @Test
  void body_withBrokenCharacters_isReadWithReplacements() throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes("{\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"".getBytes(UTF_8));
    body.write(0xff);
    body.writeBytes("\",\"b\":\"\\ud800x\"}}".getBytes(UTF_8));
    HttpResponse<String> answer =
        post(CONFIG_MAPS + "?dryRun=All", "application/json", body.toByteArray());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    assertThat(Json.read(answer.body()).at("/data/a").asText()).isEqualTo("\ufffd");
    assertThat(Json.read(answer.body()).at("/data/b").asText()).isEqualTo("\ufffdx");
  }

  @Test
  void yaml_withKeysTwice_warnsOrIsRefused() throws Exception {
    String body = "metadata: {name: c}\ndata:\n  a: x\n  a: z\n";
    HttpResponse<String> warned = yaml("", body);
    assertThat(warned.statusCode()).isEqualTo(201);
    assertThat(warned.headers().firstValue("warning").orElse(""))
        .contains("line 4: key \\\"a\\\" already set in map");
    HttpResponse<String> refused = yaml("fieldValidation=Strict", body);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("strict decoding error: yaml: unmarshal errors");
    assertThat(yaml("fieldValidation=Ignore", body).headers().firstValue("warning")).isEmpty();
  }

  @Test
  void yaml_ofSeveralDocuments_isItsFirst() throws Exception {
    HttpResponse<String> answer = yaml("", "metadata: {name: c}\n---\nmetadata: {name: d}\n");
    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(Json.read(answer.body()).at("/metadata/name").asText()).isEqualTo("c");
  }

  @Test
  void yaml_thatGrowsOutOfProportion_isRefused() throws Exception {
    StringBuilder bomb = new StringBuilder("a: &a [l,l,l,l,l,l,l,l,l]\n");
    for (char c = 'b'; c < 'h'; c++) {
      bomb.append(c).append(": &").append(c).append(" [");
      bomb.append(("*" + (char) (c - 1) + ",").repeat(9)).append("]\n");
    }
    HttpResponse<String> answer = yaml("", bomb.toString());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("document contains excessive aliasing");
    HttpResponse<String> deep = yaml("", "a: " + "[".repeat(20_000) + "]".repeat(20_000));
    assertThat(deep.statusCode()).isEqualTo(400);
    assertThat(deep.body()).contains("exceeded max depth");
    assertThat(yaml("", "- ".repeat(50_000) + "a").statusCode()).isEqualTo(400);
  }

  @Test
  void deleteOptions_thatCannotBeRead_areRefused() throws Exception {
    HttpRequest.BodyPublisher mistyped =
        HttpRequest.BodyPublishers.ofString("{\"gracePeriodSeconds\":\"x\"}");
    HttpResponse<String> answer =
        send(
            request(CONFIG_MAPS + "/a")
                .header("Content-Type", "application/json")
                .method("DELETE", mistyped));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("of type int64");
    HttpResponse<String> plain =
        send(
            request(CONFIG_MAPS + "/a")
                .header("Content-Type", "text/plain")
                .method("DELETE", mistyped));
    assertThat(plain.statusCode()).isEqualTo(415);
  }

  @Test
  void delete_thatMayNotOrphan_ofAnObjectThatStays_isAccepted() throws Exception {
    send(
        request(CONFIG_MAPS)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"metadata\":{\"name\":\"kept\",\"finalizers\":[\"example.com/f\"]}}")));

    assertThat(send(request(CONFIG_MAPS + "/kept").DELETE()).statusCode()).isEqualTo(200);
    assertThat(send(request(CONFIG_MAPS + "/kept?orphanDependents=false").DELETE()).statusCode())
        .isEqualTo(202);
  }
}
