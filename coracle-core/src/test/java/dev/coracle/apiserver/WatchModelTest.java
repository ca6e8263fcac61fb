package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of random writes and watchers that come and go over the wire, in every form of a watch;
 * what each of them must see is known from the history of the writes alone.
 */
class WatchModelTest {

  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final List<String> WHERE = List.of("a", "a-b", "b");
  private static final List<String> COLORS = List.of("red", "blue", "green");
  private static final int WRITES = 3_000;
  private static final String META = ";g=meta.k8s.io;v=v1";

  /** In which form a watch is asked for. */
  private enum Form {
    JSON("application/json", false),
    TABLE("application/json;as=Table" + META, false),
    PARTIAL("application/json;as=PartialObjectMetadata" + META, false),
    PROTOBUF("application/vnd.kubernetes.protobuf;stream=watch", false),
    PARTIAL_PROTOBUF("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata" + META, false),
    SOCKET("application/json", true),
    TABLE_SOCKET("application/json;as=Table" + META, true),
    PROTOBUF_SOCKET("application/vnd.kubernetes.protobuf;stream=watch", true);

    final String accept;
    final boolean socket;

    Form(String accept, boolean socket) {
      this.accept = accept;
      this.socket = socket;
    }
  }

  /** One write: the colour before and after it, empty for "not there". */
  private record Change(long revision, String namespace, String name, String was, String is) {}

  private record Seen(String type, String key, long revision) {}

  @TempDir Path directory;

  private final List<Change> history = new ArrayList<>();
  private final Map<String, KubeObject> state = new TreeMap<>();

  @Test
  void watchers_inEveryForm_seeEveryChangeOnceAndInOrder() throws Exception {
    Random random = new Random(20261121);
    List<Follower> running = new ArrayList<>();
    List<Follower> left = new ArrayList<>();
    try (DevServer dev = new DevServer(directory);
        HttpClient http = TrustAnyone.client()) {
      Client client =
          new Client(dev.server().inMemoryTransport(UserInfo.of("writer", "system:masters")));
      for (String namespace : WHERE) {
        client.create(NAMESPACES, "", named(namespace));
      }
      long first = write(client, random);
      for (int i = 1; i < WRITES; i++) {
        write(client, random);
        if (i % 60 == 0) {
          Form form = Form.values()[i / 60 % Form.values().length];
          running.add(follow(dev, http, form, random, first));
        }
        if (i % 150 == 0) {
          Follower leaving = running.remove(random.nextInt(running.size()));
          leaving.close();
          left.add(leaving);
        }
      }
      for (Follower follower : running) {
        List<Seen> expected = follower.expected();
        soon()
            .untilAsserted(
                () -> assertThat(follower.seen()).as("%s", follower).isEqualTo(expected));
        follower.close();
      }
      for (Follower follower : left) {
        List<Seen> seen = follower.seen();
        if (follower.start == 1 && seen.stream().allMatch(each -> each.type.equals("ADDED"))) {
          assertThat(seen).as("%s", follower).doesNotHaveDuplicates();
          continue;
        }
        List<Seen> expected = follower.expected();
        assertThat(seen)
            .as("%s", follower)
            .isEqualTo(expected.subList(0, Math.min(seen.size(), expected.size())));
      }
      assertThat(running.stream().mapToInt(follower -> follower.seen().size()).sum())
          .isGreaterThan(WRITES);
    }
  }

  private static ConditionFactory soon() {
    return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10));
  }

  private static ObjectNode named(String name) {
    ObjectNode object = Json.object();
    object.putObject("metadata").put("name", name);
    return object;
  }

  private long write(Client client, Random random) {
    String namespace = WHERE.get(random.nextInt(WHERE.size()));
    String name = "n" + random.nextInt(40);
    String color = COLORS.get(random.nextInt(COLORS.size()));
    String key = namespace + "/" + name;
    KubeObject before = state.get(key);
    String was = before == null ? "" : before.labels().getOrDefault("color", "");
    if (before != null && random.nextInt(4) == 0) {
      client.delete(CONFIG_MAPS, namespace, name, DeleteOptions.DEFAULT);
      state.remove(key);
      // only the watchers are told a deletion's revision: it is the next one
      history.add(new Change(newest() + 1, namespace, name, was, ""));
      return newest();
    }
    ObjectNode object = before == null ? named(name) : before.mutableTree();
    ((ObjectNode) object.get("metadata")).putObject("labels").put("color", color);
    object.putObject("data").put("n", String.valueOf(random.nextInt()));
    KubeObject written =
        before == null
            ? client.create(CONFIG_MAPS, namespace, object)
            : client.update(CONFIG_MAPS, namespace, name, object);
    state.put(key, written);
    history.add(new Change(written.resourceVersion(), namespace, name, was, color));
    return written.resourceVersion();
  }

  private long newest() {
    return history.getLast().revision;
  }

  private Follower follow(DevServer dev, HttpClient http, Form form, Random random, long first)
      throws Exception {
    String namespace = List.of("", "a", "b").get(random.nextInt(3));
    String color = List.of("", "red", "blue").get(random.nextInt(3));
    Follower follower = new Follower(form, namespace, color, random.nextInt(3));
    String path =
        namespace.isEmpty()
            ? "/api/v1/configmaps"
            : "/api/v1/namespaces/" + namespace + "/configmaps";
    StringBuilder query = new StringBuilder("?watch=1&timeoutSeconds=3600");
    if (!color.isEmpty()) {
      query.append("&labelSelector=color%3D").append(color);
    }
    switch (follower.start) {
      case 0 -> {
        follower.from = Math.max(first, newest() - random.nextInt(400));
        query.append("&resourceVersion=").append(follower.from);
      }
      case 1 ->
          query.append(
              "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
      default -> {
        follower.from = newest();
        query.append("&resourceVersion=").append(newest());
      }
    }
    follower.open(http, dev.url() + path + query);
    return follower;
  }

  /** A watcher, and what it must have seen. */
  private final class Follower implements WebSocket.Listener {
    final Form form;
    final String namespace;
    final String color;
    final int start;
    final List<Seen> events = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final java.io.ByteArrayOutputStream binary = new java.io.ByteArrayOutputStream();
    long from;
    AutoCloseable connection = () -> {};

    Follower(Form form, String namespace, String color, int start) {
      this.form = form;
      this.namespace = namespace;
      this.color = color;
      this.start = start;
    }

    void open(HttpClient http, String url) throws Exception {
      if (form.socket) {
        WebSocket socket =
            http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + DevServer.TOKEN)
                .header("Accept", form.accept)
                .buildAsync(URI.create(url.replace("https:", "wss:")), this)
                .get();
        connection = socket::abort;
        return;
      }
      HttpResponse<InputStream> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(url))
                  .header("Authorization", "Bearer " + DevServer.TOKEN)
                  .header("Accept", form.accept)
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(answer.statusCode()).isEqualTo(200);
      connection = answer.body();
      Thread.startVirtualThread(() -> read(answer.body()));
    }

    private void read(InputStream body) {
      try (DataInputStream frames = new DataInputStream(body);
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
        while (true) {
          if (form.accept.contains("protobuf")) {
            byte[] frame = new byte[frames.readInt()];
            frames.readFully(frame);
            message(frame);
          } else {
            line(lines.readLine());
          }
        }
      } catch (IOException | NullPointerException over) {
        return;
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        line(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        try {
          message(binary.toByteArray());
        } catch (InvalidProtocolBufferException broken) {
          add(new Seen(broken.toString(), "", 0));
        }
        binary.reset();
      }
      socket.request(1);
      return null;
    }

    private void line(String line) {
      JsonNode event = Json.read(line);
      String type = event.path("type").asText();
      JsonNode object = event.path("object");
      boolean row = object.path("kind").asText().equals("Table") && !type.equals("BOOKMARK");
      JsonNode metadata = (row ? object.at("/rows/0/object") : object).path("metadata");
      add(
          new Seen(
              type,
              metadata.path("namespace").asText() + "/" + metadata.path("name").asText(),
              metadata.path("resourceVersion").asLong()));
    }

    private void message(byte[] bytes) throws InvalidProtocolBufferException {
      Meta.WatchEvent event = Meta.WatchEvent.parseFrom(bytes);
      ByteString raw = event.getObject().getRaw();
      Runtime.Unknown envelope = Runtime.Unknown.parseFrom(raw.substring(4));
      Meta.ObjectMeta metadata =
          envelope.getTypeMeta().getKind().equals("ConfigMap")
              ? V1.ConfigMap.parseFrom(envelope.getRaw()).getMetadata()
              : Meta.PartialObjectMetadata.parseFrom(envelope.getRaw()).getMetadata();
      add(
          new Seen(
              event.getType(),
              metadata.getNamespace() + "/" + metadata.getName(),
              Long.parseLong(metadata.getResourceVersion())));
    }

    private synchronized void add(Seen event) {
      events.add(event);
    }

    synchronized List<Seen> seen() {
      return new ArrayList<>(events);
    }

    private boolean wants(Change change, String shade) {
      return !shade.isEmpty()
          && (namespace.isEmpty() || namespace.equals(change.namespace))
          && (color.isEmpty() || color.equals(shade));
    }

    /** By the history, and by where the bookmark says that the initial events ended. */
    List<Seen> expected() {
      List<Seen> expected = new ArrayList<>();
      long after = from;
      if (start == 1) {
        Seen bookmark =
            soon()
                .until(
                    () ->
                        seen().stream()
                            .filter(event -> event.type.equals("BOOKMARK"))
                            .findFirst()
                            .orElse(null),
                    java.util.Objects::nonNull);
        after = bookmark.revision;
        Map<String, Seen> there = new TreeMap<>();
        for (Change change : history) {
          if (change.revision > after) {
            break;
          }
          String key = change.namespace + "/" + change.name;
          if (wants(change, change.is)) {
            there.put(key, new Seen("ADDED", key, change.revision));
          } else {
            there.remove(key);
          }
        }
        expected.addAll(there.values());
        expected.add(bookmark);
      }
      for (Change change : history) {
        boolean is = wants(change, change.is);
        boolean was = wants(change, change.was);
        if (change.revision > after && (is || was)) {
          expected.add(
              new Seen(
                  is ? was ? "MODIFIED" : "ADDED" : "DELETED",
                  change.namespace + "/" + change.name,
                  change.revision));
        }
      }
      return expected;
    }

    void close() throws Exception {
      connection.close();
    }

    @Override
    public String toString() {
      return form + " of " + namespace + " " + color + " from " + (start == 1 ? "now" : from);
    }
  }
}
