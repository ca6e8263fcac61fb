package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V2Apidiscovery;
import java.io.DataInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client gets that speaks protobuf, read with the classes of client-java-proto. */
class ProtobufWireTest {

  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
  private static final String CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String WIDGETS = "/apis/wire.example.com/v1/namespaces/default/widgets";

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
        GroupVersionResource.core("namespaces"), "", object("{'metadata':{'name':'default'}}"));
    client.create(
        new GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
        "",
        object(
            "{'metadata':{'name':'widgets.wire.example.com'},'spec':{'group':'wire.example.com',"
                + "'scope':'Namespaced','names':{'plural':'widgets','kind':'Widget'},'versions':["
                + "{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':"
                + "{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}]}}"));
  }

  @AfterAll
  static void stop() {
    http.close();
    dev.close();
  }

  private static ObjectNode object(String json) {
    return (ObjectNode) Json.read(json.replace('\'', '"'));
  }

  private static HttpRequest.Builder request(String path, String accept) {
    return HttpRequest.newBuilder(URI.create(dev.url() + path))
        .header("Authorization", "Bearer " + DevServer.TOKEN)
        .header("Accept", accept);
  }

  private static HttpResponse<byte[]> get(String path, String accept) throws Exception {
    return http.send(request(path, accept).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpResponse<byte[]> post(String path, String json) throws Exception {
    return http.send(
        request(path, PROTOBUF + ",application/json")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static Runtime.Unknown opened(byte[] body) throws Exception {
    assertThat(new String(body, 0, 4, US_ASCII)).isEqualTo("k8s\0");
    return Runtime.Unknown.parseFrom(ByteString.copyFrom(body, 4, body.length - 4));
  }

  private static Runtime.Unknown opened(HttpResponse<byte[]> answer) throws Exception {
    assertThat(answer.headers().firstValue("content-type")).hasValue(PROTOBUF);
    return opened(answer.body());
  }

  @Test
  void object_createdAndRead_isTheMessage() throws Exception {
    HttpResponse<byte[]> created =
        post(CONFIG_MAPS, "{'metadata':{'name':'one'},'data':{'a':'b'},'binaryData':{'c':'AAE='}}");

    assertThat(created.statusCode()).isEqualTo(201);
    V1.ConfigMap map = V1.ConfigMap.parseFrom(opened(created).getRaw());
    assertThat(map.getMetadata().getName()).isEqualTo("one");
    assertThat(map.getMetadata().getCreationTimestamp().getSeconds()).isPositive();
    assertThat(map.getDataMap()).containsEntry("a", "b");
    assertThat(map.getBinaryDataMap()).containsEntry("c", ByteString.copyFrom(new byte[] {0, 1}));
    Runtime.Unknown read = opened(get(CONFIG_MAPS + "/one", PROTOBUF));
    assertThat(read.getTypeMeta().getKind()).isEqualTo("ConfigMap");
    assertThat(read.getTypeMeta().getApiVersion()).isEqualTo("v1");
    assertThat(V1.ConfigMap.parseFrom(read.getRaw())).isEqualTo(map);
    Meta.ManagedFieldsEntry manager = map.getMetadata().getManagedFields(0);
    assertThat(Json.read(manager.getFieldsV1().getRaw().toByteArray()).has("f:data")).isTrue();
  }

  @Test
  void list_ofManyObjects_isOneMessage() throws Exception {
    for (int i = 0; i < 30; i++) {
      post(
          "/api/v1/namespaces/default/secrets",
          "{'metadata':{'name':'s-" + i + "'},'data':{'a':'YQ=='}}");
    }

    HttpResponse<byte[]> answer = get("/api/v1/namespaces/default/secrets?limit=20", PROTOBUF);

    Runtime.Unknown envelope = opened(answer);
    assertThat(envelope.getTypeMeta().getKind()).isEqualTo("SecretList");
    V1.SecretList list = V1.SecretList.parseFrom(envelope.getRaw());
    assertThat(list.getItemsCount()).isEqualTo(20);
    assertThat(list.getItems(3).getDataMap()).containsEntry("a", ByteString.copyFromUtf8("a"));
    assertThat(list.getMetadata().getContinue()).isNotEmpty();
    assertThat(list.getMetadata().getRemainingItemCount()).isEqualTo(10);
    assertThat(Long.parseLong(list.getMetadata().getResourceVersion())).isPositive();
  }

  @Test
  void failure_isStatus() throws Exception {
    HttpResponse<byte[]> answer = get(CONFIG_MAPS + "/nothing", PROTOBUF);

    assertThat(answer.statusCode()).isEqualTo(404);
    Runtime.Unknown envelope = opened(answer);
    assertThat(envelope.getTypeMeta().getKind()).isEqualTo("Status");
    Meta.Status status = Meta.Status.parseFrom(envelope.getRaw());
    assertThat(status.getCode()).isEqualTo(404);
    assertThat(status.getReason()).isEqualTo("NotFound");
    assertThat(status.getMessage()).isEqualTo("configmaps \"nothing\" not found");
    assertThat(status.getDetails().getName()).isEqualTo("nothing");
  }

  @Test
  void watch_isFramesOfEventsWithWrappedObjects() throws Exception {
    post("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'watched'}}");

    HttpResponse<java.io.InputStream> answer =
        http.send(
            request(
                    "/api/v1/namespaces/default/serviceaccounts?watch=1&timeoutSeconds=60"
                        + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                        + "&allowWatchBookmarks=true",
                    PROTOBUF + ";stream=watch," + PROTOBUF)
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());

    assertThat(answer.headers().firstValue("content-type")).hasValue(PROTOBUF + ";stream=watch");
    try (DataInputStream frames = new DataInputStream(answer.body())) {
      Meta.WatchEvent added = event(frames);
      assertThat(added.getType()).isEqualTo("ADDED");
      Runtime.Unknown envelope = opened(added.getObject().getRaw().toByteArray());
      assertThat(V1.ServiceAccount.parseFrom(envelope.getRaw()).getMetadata().getName())
          .isEqualTo("watched");
      Meta.WatchEvent bookmark = event(frames);
      assertThat(bookmark.getType()).isEqualTo("BOOKMARK");
      V1.ServiceAccount end =
          V1.ServiceAccount.parseFrom(opened(bookmark.getObject().getRaw().toByteArray()).getRaw());
      assertThat(end.getMetadata().getAnnotationsMap())
          .containsEntry("k8s.io/initial-events-end", "true");
    }
  }

  private static Meta.WatchEvent event(DataInputStream frames) throws Exception {
    byte[] frame = new byte[frames.readInt()];
    frames.readFully(frame);
    return Meta.WatchEvent.parseFrom(frame);
  }

  @Test
  void customResource_hasNoProtobufForm_butItsMetadataHave() throws Exception {
    post(WIDGETS, "{'apiVersion':'wire.example.com/v1','kind':'Widget','metadata':{'name':'w'}}");

    HttpResponse<byte[]> refused = get(WIDGETS + "/w", PROTOBUF);
    assertThat(refused.statusCode()).isEqualTo(406);
    assertThat(Meta.Status.parseFrom(opened(refused).getRaw()).getMessage())
        .isEqualTo(
            "only the following media types are accepted: application/json, application/yaml,"
                + " application/vnd.kubernetes.protobuf");
    HttpResponse<byte[]> fallen = get(WIDGETS + "/w", PROTOBUF + ",application/json");
    assertThat(fallen.headers().firstValue("content-type")).hasValue("application/json");
    String partial = ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    Runtime.Unknown metadata = opened(get(WIDGETS + "/w", PROTOBUF + partial));
    assertThat(metadata.getTypeMeta().getKind()).isEqualTo("PartialObjectMetadata");
    assertThat(metadata.getTypeMeta().getApiVersion()).isEqualTo("meta.k8s.io/v1");
    assertThat(Meta.PartialObjectMetadata.parseFrom(metadata.getRaw()).getMetadata().getName())
        .isEqualTo("w");
    Runtime.Unknown all =
        opened(get(WIDGETS, PROTOBUF + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"));
    assertThat(Meta.PartialObjectMetadataList.parseFrom(all.getRaw()).getItemsCount()).isEqualTo(1);
  }

  @Test
  void table_hasNoProtobufForm() throws Exception {
    String table = ";as=Table;g=meta.k8s.io;v=v1";

    assertThat(get(CONFIG_MAPS, PROTOBUF + table).statusCode()).isEqualTo(406);
    HttpResponse<byte[]> json = get(CONFIG_MAPS, PROTOBUF + table + ",application/json" + table);
    assertThat(new String(json.body(), StandardCharsets.UTF_8)).startsWith("{\"kind\":\"Table\"");
  }

  @Test
  void discovery_isMessagesToo() throws Exception {
    Meta.APIGroupList groups = Meta.APIGroupList.parseFrom(opened(get("/apis", PROTOBUF)).getRaw());
    assertThat(groups.getGroupsList()).anyMatch(group -> group.getName().equals("apps"));
    Meta.APIResourceList apps =
        Meta.APIResourceList.parseFrom(opened(get("/apis/apps/v1", PROTOBUF)).getRaw());
    assertThat(apps.getResourcesList())
        .anyMatch(
            each ->
                each.getName().equals("deployments")
                    && each.getVerbs().getItemsList().contains("watch"));
    assertThat(Meta.APIVersions.parseFrom(opened(get("/api", PROTOBUF)).getRaw()).getVersionsList())
        .containsExactly("v1");
  }

  @Test
  void aggregatedDiscovery_isAMessageToo() throws Exception {
    String aggregated = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    HttpResponse<byte[]> answer = get("/apis", PROTOBUF + aggregated);

    assertThat(answer.headers().firstValue("content-type")).hasValue(PROTOBUF + aggregated);
    V2Apidiscovery.APIGroupDiscoveryList list =
        V2Apidiscovery.APIGroupDiscoveryList.parseFrom(opened(answer.body()).getRaw());
    V2Apidiscovery.APIGroupDiscovery apps =
        list.getItemsList().stream()
            .filter(group -> group.getMetadata().getName().equals("apps"))
            .findFirst()
            .orElseThrow();
    assertThat(apps.getVersions(0).getResourcesList())
        .anyMatch(
            each ->
                each.getResource().equals("deployments")
                    && each.getResponseKind().getKind().equals("Deployment")
                    && each.getSubresourcesCount() == 2);
  }

  @Test
  void deletion_answersStatusOrObject() throws Exception {
    post(CONFIG_MAPS, "{'metadata':{'name':'gone'}}");

    HttpResponse<byte[]> answer =
        http.send(
            request(CONFIG_MAPS + "/gone", PROTOBUF).DELETE().build(),
            HttpResponse.BodyHandlers.ofByteArray());

    Meta.Status status = Meta.Status.parseFrom(opened(answer).getRaw());
    assertThat(status.getStatus()).isEqualTo("Success");
    assertThat(status.getDetails().getName()).isEqualTo("gone");
  }
}
