package dev.coracle.schema.openapi;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI documents of a server: {@code /openapi/v2} (Swagger 2.0), the index {@code
 * /openapi/v3} and one document of OpenAPI 3.0 per group and version. A document is made when it is
 * asked for and kept while memory lasts, until the resources change. Thread-safe.
 */
public final class OpenApi {

  private static final String INDEX = "";
  private static final String SWAGGER = "v2";

  /**
   * A document.
   *
   * @param json UTF-8; the caller must not change it
   * @param etag with its quotes
   */
  public record Document(byte[] json, String etag) {}

  private final String version;
  private final Supplier<? extends Collection<ApiResource>> resources;
  private final LongSupplier generation;
  private final Map<String, SoftReference<Document>> documents = new HashMap<>();
  private long cachedGeneration = Long.MIN_VALUE;

  /**
   * @param version of the server, such as {@code v1.36.2}
   * @param resources all that are served now
   * @param generation grows whenever the resources change
   */
  public OpenApi(
      String version,
      Supplier<? extends Collection<ApiResource>> resources,
      LongSupplier generation) {
    this.version = version;
    this.resources = resources;
    this.generation = generation;
  }

  /** The one document of everything. */
  public Document v2() {
    return cached(SWAGGER);
  }

  /** Where the documents of version 3 are. */
  public Document v3Index() {
    return cached(INDEX);
  }

  /**
   * The document of a group's version.
   *
   * @param path such as {@code api/v1} or {@code apis/apps/v1}
   * @return null when nothing is served there
   */
  public @Nullable Document v3(String path) {
    for (ApiResource resource : resources.get()) {
      if (resource.root().equals(path)) {
        return cached(path);
      }
    }
    return null;
  }

  /** What a v3 document is known by: the {@code hash} in the index. */
  public @Nullable String v3Hash(String path) {
    List<ApiResource> of = at(path);
    return of.isEmpty() ? null : hash(of);
  }

  private Document cached(String key) {
    synchronized (documents) {
      long now = generation.getAsLong();
      if (now != cachedGeneration) {
        documents.clear();
        cachedGeneration = now;
      }
      SoftReference<Document> reference = documents.get(key);
      Document known = reference == null ? null : reference.get();
      if (known == null) {
        known = make(key);
        documents.put(key, new SoftReference<>(known));
      }
      return known;
    }
  }

  private Document make(String key) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(key.isEmpty() ? 8_192 : 262_144);
    try (JsonGenerator json = Json.mapper().getFactory().createGenerator(bytes)) {
      json.writeStartObject();
      switch (key) {
        case INDEX -> index(json);
        case SWAGGER -> swagger(json);
        default -> openApi(json, key);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] document = bytes.toByteArray();
    return new Document(document, '"' + digest(document) + '"');
  }

  private List<ApiResource> at(String path) {
    List<ApiResource> found = new ArrayList<>();
    for (ApiResource resource : resources.get()) {
      if (resource.root().equals(path)) {
        found.add(resource);
      }
    }
    found.sort(Comparator.comparing(ApiResource::plural));
    return found;
  }

  private void index(JsonGenerator json) throws IOException {
    Map<String, List<ApiResource>> byPath = new TreeMap<>();
    for (ApiResource resource : resources.get()) {
      byPath.computeIfAbsent(resource.root(), path -> new ArrayList<>()).add(resource);
    }
    json.writeObjectFieldStart("paths");
    for (Map.Entry<String, List<ApiResource>> entry : byPath.entrySet()) {
      entry.getValue().sort(Comparator.comparing(ApiResource::plural));
      json.writeObjectFieldStart(entry.getKey());
      json.writeStringField(
          "serverRelativeURL", "/openapi/v3/" + entry.getKey() + "?hash=" + hash(entry.getValue()));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private void openApi(JsonGenerator json, String path) throws IOException {
    List<ApiResource> of = at(path);
    json.writeStringField("openapi", "3.0.0");
    info(json);
    OpenApiPaths paths = new OpenApiPaths(json, OpenApiDialect.V3);
    json.writeObjectFieldStart("paths");
    paths.write(of);
    json.writeEndObject();
    json.writeObjectFieldStart("components");
    json.writeObjectFieldStart("schemas");
    new OpenApiSchemas(json, OpenApiDialect.V3, of).write(paths.definitions());
    json.writeEndObject();
    json.writeObjectFieldStart("securitySchemes");
    bearerToken(json);
    json.writeEndObject();
    json.writeEndObject();
    security(json);
  }

  private void swagger(JsonGenerator json) throws IOException {
    List<ApiResource> all = new ArrayList<>(resources.get());
    all.sort(Comparator.comparing(ApiResource::root).thenComparing(ApiResource::plural));
    json.writeStringField("swagger", "2.0");
    info(json);
    OpenApiPaths paths = new OpenApiPaths(json, OpenApiDialect.V2);
    json.writeObjectFieldStart("paths");
    paths.write(all);
    json.writeEndObject();
    json.writeObjectFieldStart("definitions");
    new OpenApiSchemas(json, OpenApiDialect.V2, all).write(new TreeSet<>(paths.definitions()));
    json.writeEndObject();
    json.writeObjectFieldStart("securityDefinitions");
    bearerToken(json);
    json.writeEndObject();
    security(json);
  }

  private void info(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("info");
    json.writeStringField("title", "Kubernetes");
    json.writeStringField("version", version);
    json.writeEndObject();
  }

  private static void bearerToken(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("BearerToken");
    json.writeStringField("description", "Bearer Token authentication");
    json.writeStringField("type", "apiKey");
    json.writeStringField("name", "authorization");
    json.writeStringField("in", "header");
    json.writeEndObject();
  }

  private static void security(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("security");
    json.writeStartObject();
    json.writeArrayFieldStart("BearerToken");
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
  }

  /** Differs when the documents would; made without making them. */
  private String hash(List<ApiResource> of) {
    StringBuilder facts = new StringBuilder(version);
    for (ApiResource resource : of) {
      Schema custom = resource.customSchema();
      facts
          .append('\n')
          .append(resource.root())
          .append(' ')
          .append(resource.plural())
          .append(' ')
          .append(resource.kind())
          .append(resource.namespaced())
          .append(new TreeSet<>(resource.verbs()))
          .append(resource.subresources())
          .append(custom == null ? "" : custom.source());
    }
    return digest(facts.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String digest(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-512").digest(bytes);
      return HexFormat.of().formatHex(digest).toUpperCase(Locale.ROOT);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
