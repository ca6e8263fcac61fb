package dev.coracle.cluster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.MessageLite;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * An endless row of requests from one seed: each begins as one that a client might send, to any
 * resource, and most are then harmed in path, query, headers, method or body.
 */
final class Requests {

  /** A resource as discovery names it. */
  record Resource(String group, String version, String name, String kind, boolean namespaced) {
    String path(String namespace) {
      String root = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
      return root + (namespaced ? "/namespaces/" + namespace : "") + "/" + name;
    }
  }

  /** Bytes to send, and what kind of answer they ask for. */
  record Request(byte[] bytes, boolean endless, boolean bodyless) {
    /** The first line and some of what follows, to show in a failure. */
    String shown() {
      return new String(bytes, 0, Math.min(bytes.length, 3000), StandardCharsets.UTF_8);
    }
  }

  /** These would reach out, or stop every later request, if they were kept. */
  private static final List<String> ONLY_DRY =
      List.of("webhookconfigurations", "admissionpolic", "apiservices");

  private final Random random;
  private final List<Resource> resources;
  private final List<Resource> usual;
  private final Objects objects;
  private final String namespace;
  private final Deque<ObjectNode> seen = new ArrayDeque<>();

  Requests(long seed, List<Resource> resources, Objects objects, String namespace) {
    this.random = new Random(seed);
    this.resources = resources;
    this.usual = resources.stream().filter(each -> Seeds.has(each.name())).toList();
    this.objects = objects;
    this.namespace = namespace;
  }

  /** Tells of an answer that was an object, to be sent again. */
  void learn(byte[] body) {
    if (random.nextInt(4) == 0 && body.length < 20_000 && body.length > 2 && body[0] == '{') {
      try {
        if (Json.read(body) instanceof ObjectNode object && object.path("metadata").has("uid")) {
          seen.addLast(object);
          if (seen.size() > 40) {
            seen.removeFirst();
          }
        }
      } catch (RuntimeException e) {
        // Not everything that begins with a brace is JSON.
      }
    }
  }

  Request next() {
    List<Resource> among = random.nextInt(3) == 0 ? resources : usual;
    Resource resource = among.get(random.nextInt(among.size()));
    String name = "fuzz-" + random.nextInt(4);
    String method = pick(List.of("GET", "POST", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE"));
    boolean named = !method.equals("POST") && (!method.equals("GET") || random.nextBoolean());
    if (method.equals("DELETE") && random.nextInt(40) == 0 && resource.namespaced()) {
      named = false;
    }
    String path = resource.path(namespace) + (named ? "/" + name : "");
    if (named && random.nextInt(6) == 0) {
      path += "/" + pick(Words.SUBRESOURCES);
    }
    String contentType = "application/json";
    byte[] body = new byte[0];
    if (!method.equals("GET")) {
      ObjectNode object =
          !seen.isEmpty() && random.nextInt(named ? 2 : 8) == 0
              ? seen.getLast().deepCopy()
              : object(resource, name);
      String own = ownPath(object);
      if (!own.isEmpty() && named) {
        path = own;
      }
      if (random.nextInt(2) == 0) {
        Mutations.tree(object, random);
      }
      if (method.equals("PATCH")) {
        contentType = pick(Words.PATCHES);
        body = patch(contentType, object);
      } else if (method.equals("DELETE")) {
        body = random.nextBoolean() ? new byte[0] : deleteOptions();
      } else {
        int form = random.nextInt(10);
        if (form == 0) {
          contentType = "application/yaml";
          body = Yaml.write(object);
        } else if (form == 1) {
          contentType = "application/vnd.kubernetes.protobuf";
          body = protobuf(name);
        } else {
          body = Json.write(object);
        }
      }
    }
    String query = query();
    if (random.nextInt(12) == 0) {
      path = pick(Words.OTHER_PATHS);
    }
    if (random.nextInt(8) == 0) {
      path = harmedPath(path);
    }
    if (random.nextInt(20) == 0) {
      method = pick(Words.METHODS);
    }
    if (random.nextInt(12) == 0) {
      contentType =
          random.nextBoolean() ? Mutations.text(contentType, random) : pick(Words.PATCHES);
    }
    if (body.length > 0 && random.nextInt(8) == 0) {
      body = Mutations.bytes(body, random);
    }
    return request(method, path, query, contentType, modest(body));
  }

  /** Where an object that the server has shown is; empty for others. */
  private String ownPath(ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    if (metadata.has("uid")) {
      for (Resource each : resources) {
        String apiVersion =
            each.group().isEmpty() ? each.version() : each.group() + "/" + each.version();
        if (each.kind().equals(object.path("kind").asText())
            && apiVersion.equals(object.path("apiVersion").asText())) {
          return each.path(metadata.path("namespace").asText())
              + "/"
              + metadata.path("name").asText();
        }
      }
    }
    return "";
  }

  private ObjectNode object(Resource resource, String name) {
    ObjectNode whole = random.nextBoolean() ? Seeds.make(resource, name, random) : null;
    return whole != null
        ? whole
        : objects.make(resource.group(), resource.version(), resource.kind(), name, random);
  }

  private Request request(
      String method, String path, String query, String contentType, byte[] body) {
    String target = path.startsWith("/") ? path : "/" + path;
    String asked = query;
    if (ONLY_DRY.stream().anyMatch(target::contains)
        || (method.equals("DELETE") && target.endsWith("/" + namespace))) {
      asked = "dryRun=All";
    }
    if (!asked.isEmpty()) {
      target += (target.contains("?") ? "&" : "?") + asked;
    }
    boolean endless = target.contains("watch");
    StringBuilder head = new StringBuilder(512);
    head.append(method).append(' ').append(onOneLine(target)).append(" HTTP/1.1\r\nHost: x\r\n");
    head.append("Content-Type: ").append(onOneLine(contentType)).append("\r\n");
    if (random.nextInt(6) == 0) {
      head.append("Accept: ").append(pick(Words.ACCEPTED)).append("\r\n");
    }
    if (random.nextInt(10) == 0) {
      head.append(header());
    }
    boolean chunked = body.length > 0 && random.nextInt(20) == 0;
    if (chunked) {
      head.append("Transfer-Encoding: chunked\r\n\r\n");
    } else {
      head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(head.length() + body.length + 32);
    out.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    if (chunked) {
      out.writeBytes((Integer.toHexString(body.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
    }
    out.writeBytes(body);
    if (chunked) {
      out.writeBytes("\r\n0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    }
    return new Request(out.toByteArray(), endless, method.equals("HEAD"));
  }

  private String header() {
    String name =
        pick(
            List.of(
                "Impersonate-User",
                "Impersonate-Group",
                "Impersonate-Uid",
                "If-None-Match",
                "Accept",
                "Accept-Encoding",
                "Content-Encoding",
                "Authorization",
                "Audit-Id",
                "Upgrade",
                "Cookie",
                "X-Remote-User",
                "User-Agent",
                "Sec-WebSocket-Protocol",
                "Expect",
                "X-" + Mutations.junk(random).replaceAll("[^A-Za-z]", "")));
    String value = random.nextBoolean() ? Mutations.junk(random) : pick(Words.VALUES);
    return name + ": " + onOneLine(value) + "\r\n";
  }

  /** A request line and headers may hold no line breaks or blanks where HTTP has none. */
  private static String onOneLine(String text) {
    return text.replaceAll("[\\s\\p{Cntrl}]", "_").replaceAll("[^\\x21-\\xff]", "\u00e9");
  }

  private String query() {
    StringBuilder query = new StringBuilder();
    for (int i = random.nextInt(6) - 3; i > 0; i--) {
      query
          .append(query.isEmpty() ? "" : "&")
          .append(random.nextInt(10) == 0 ? Mutations.junk(random) : pick(Words.PARAMETERS))
          .append('=')
          .append(random.nextInt(3) == 0 ? Mutations.junk(random) : pick(Words.VALUES));
    }
    if (random.nextInt(60) == 0) {
      query.append("&watch=true&timeoutSeconds=1");
    }
    return onOneLine(query.toString().replace(" ", "%20")).replace("#", "%23");
  }

  private String harmedPath(String path) {
    List<String> parts = new ArrayList<>(List.of(path.split("/", -1)));
    int at = random.nextInt(parts.size());
    switch (random.nextInt(5)) {
      case 0 -> parts.remove(at);
      case 1 -> parts.add(at, Mutations.junk(random));
      case 2 -> parts.set(at, Mutations.junk(random));
      case 3 -> parts.set(at, Mutations.text(parts.get(at), random));
      default -> parts.add(at, pick(List.of("watch", "proxy", "namespaces", "status", "")));
    }
    return String.join("/", parts).replace("#", "%23");
  }

  private byte[] patch(String contentType, ObjectNode object) {
    if (contentType.equals("application/json-patch+json")) {
      ArrayNode operations = Json.array();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        ObjectNode operation =
            operations
                .addObject()
                .put("op", pick(List.of("add", "remove", "replace", "move", "copy", "test", "x")))
                .put(
                    "path",
                    pick(
                        List.of(
                            "/metadata/labels",
                            "/metadata/labels/app",
                            "/spec",
                            "/spec/containers/0/image",
                            "/spec/template/spec",
                            "/data/a",
                            "/metadata/finalizers/-",
                            "/metadata/name",
                            "",
                            "/",
                            "/a~2b",
                            "x")));
        operation.put("from", pick(List.of("/spec", "/metadata", "/metadata/labels", "")));
        operation.set("value", Mutations.value(random));
      }
      return Json.write(operations);
    }
    if (random.nextInt(3) == 0) {
      object.put("$patch", pick(List.of("replace", "delete", "merge", "x")));
      object.putObject("metadata").put("$retainKeys", "a");
    }
    if (random.nextInt(4) == 0 && object.path("spec") instanceof ObjectNode spec) {
      spec.putArray("$setElementOrder/containers").addObject().put("name", "a");
      spec.putArray("$deleteFromPrimitiveList/finalizers").add("kubernetes");
    }
    JsonNode shown = object;
    return contentType.endsWith("yaml") && random.nextBoolean()
        ? Yaml.write(shown)
        : Json.write(shown);
  }

  private byte[] deleteOptions() {
    ObjectNode options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
    options.put("gracePeriodSeconds", random.nextInt(3) - 1);
    options.put("propagationPolicy", pick(List.of("Background", "Foreground", "Orphan", "x")));
    options.putObject("preconditions").put("resourceVersion", String.valueOf(random.nextInt(900)));
    if (random.nextBoolean()) {
      options.remove("preconditions");
    }
    if (random.nextInt(3) == 0) {
      Mutations.tree(options, random);
    }
    return Json.write(options);
  }

  private byte[] protobuf(String name) {
    boolean pod = random.nextBoolean();
    Meta.ObjectMeta.Builder metadata = Meta.ObjectMeta.newBuilder().setName(name);
    MessageLite message =
        pod
            ? V1.Pod.newBuilder()
                .setMetadata(metadata)
                .setSpec(
                    V1.PodSpec.newBuilder()
                        .addContainers(V1.Container.newBuilder().setName("a").setImage("b")))
                .build()
            : V1.ConfigMap.newBuilder().setMetadata(metadata).putData("a", "b").build();
    Runtime.Unknown unknown =
        Runtime.Unknown.newBuilder()
            .setTypeMeta(
                Runtime.TypeMeta.newBuilder()
                    .setApiVersion("v1")
                    .setKind(pod ? "Pod" : "ConfigMap"))
            .setRaw(message.toByteString())
            .build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {'k', '8', 's', 0});
    out.writeBytes(unknown.toByteArray());
    return random.nextBoolean() ? Mutations.bytes(out.toByteArray(), random) : out.toByteArray();
  }

  /** Controllers do what objects say: no more than nine replicas of anything. */
  private static byte[] modest(byte[] body) {
    String text = new String(body, StandardCharsets.ISO_8859_1);
    if (!text.contains("eplicas") && !text.contains("arallelism") && !text.contains("ompletions")) {
      return body;
    }
    return text.replaceAll("([0-9])[0-9.eE+]{1,}", "$1").getBytes(StandardCharsets.ISO_8859_1);
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
