package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.Text;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.DecodingException;
import dev.coracle.schema.decoding.Refusals;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Options of requests, read from the query (or a body) and checked as kube-apiserver does. */
public final class Options {

  private static final Set<String> VALIDATIONS = Set.of("", "Ignore", "Warn", "Strict");
  private static final GroupVersionKind DELETE_OPTIONS =
      new GroupVersionKind("", "v1", "DeleteOptions");
  private static final Set<String> POLICIES = Set.of("Foreground", "Background", "Orphan");

  /** Far more than any watch lasts. */
  private static final long MOST_SECONDS = 100L * 365 * 24 * 3600;

  private Options() {}

  /**
   * @throws StatusException 400 for a value that cannot be read; which combinations are allowed is
   *     for the registry to say
   */
  public static ListOptions list(Query query) {
    Long limit = query.findNumber("limit");
    Long timeout = query.findNumber("timeoutSeconds");
    return new ListOptions(
        query.first("labelSelector"),
        query.first("fieldSelector"),
        query.first("resourceVersion"),
        query.first("resourceVersionMatch"),
        limit == null ? 0 : (int) Math.clamp(limit, 0L, (long) Integer.MAX_VALUE),
        query.first("continue"),
        query.flag("allowWatchBookmarks"),
        timeout == null || timeout == 0 ? null : seconds(timeout),
        query.findFlag("sendInitialEvents"));
  }

  /** A time that is over before it began is a short one. */
  private static Duration seconds(long seconds) {
    return seconds < 0 ? Duration.ofMillis(1) : Duration.ofSeconds(Math.min(seconds, MOST_SECONDS));
  }

  /**
   * @param kind CreateOptions or UpdateOptions
   */
  public static WriteOptions write(Query query, String kind) {
    List<StatusCause> causes = new ArrayList<>(0);
    return write(query, kind, causes);
  }

  public static WriteOptions patch(Query query, PatchType type) {
    List<StatusCause> causes = new ArrayList<>(0);
    if (type != PatchType.APPLY && query.has("force")) {
      causes.add(forbidden("force", "may not be specified for non-apply patch"));
    }
    if (type == PatchType.APPLY && query.first("fieldManager").isEmpty()) {
      causes.add(
          new StatusCause(
              "FieldValueRequired", "Required value: is required for apply patch", "fieldManager"));
    }
    return write(query, "PatchOptions", causes);
  }

  private static WriteOptions write(Query query, String kind, List<StatusCause> causes) {
    String manager = query.first("fieldManager");
    if (manager.length() > 128) {
      causes.add(
          new StatusCause(
              "FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager"));
    }
    if (manager.chars().anyMatch(c -> Character.isISOControl(c))) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: " + Text.quote(manager) + ": should not contain non-printable",
              "fieldManager"));
    }
    boolean dryRun = dryRun(query.all("dryRun"), causes);
    String validation = query.first("fieldValidation");
    if (!VALIDATIONS.contains(validation)) {
      causes.add(
          unsupported(
              "fieldValidation", Text.quote(validation), "\"\", \"Ignore\", \"Strict\", \"Warn\""));
    }
    refuse(kind, causes);
    return new WriteOptions(dryRun, manager, validation, query.flag("force"));
  }

  /**
   * What is to be deleted, and how.
   *
   * @param orphansForbidden whether {@code orphanDependents: false} says so, which is answered with
   *     202 while the object is still there
   */
  public record Deletion(DeleteOptions options, boolean orphansForbidden) {}

  public static DeleteOptions delete(ApiRequest request) {
    return deletion(request).options();
  }

  /** From the body when there is one, else from the query. */
  public static Deletion deletion(ApiRequest request) {
    byte[] body = BodyReader.bytes(request);
    ObjectNode given = body.length == 0 ? fromQuery(request.query()) : fromBody(request, body);
    if (body.length > 0 && request.audit() != null) {
      request.audit().requestObject(given);
    }
    String kind = given.path("kind").asText("");
    if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
      throw StatusException.badRequest(
          "no kind "
              + Text.quote(kind)
              + " is registered for version "
              + Text.quote(given.path("apiVersion").asText(""))
              + " in scheme"
              + " \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
    }
    List<StatusCause> causes = new ArrayList<>(0);
    String policy = given.path("propagationPolicy").asText(null);
    JsonNode orphan = given.path("orphanDependents");
    if (policy != null && !orphan.isMissingNode() && !orphan.isNull()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: "
                  + Text.quote(policy)
                  + ": orphanDependents and deletionPropagation cannot be both set",
              "propagationPolicy"));
    } else if (policy != null && !POLICIES.contains(policy)) {
      causes.add(
          unsupported(
              "propagationPolicy",
              Text.quote(policy),
              "\"Foreground\", \"Background\", \"Orphan\", \"nil\""));
    }
    List<String> dryRuns = new ArrayList<>(0);
    given.path("dryRun").forEach(each -> dryRuns.add(each.asText()));
    boolean dryRun = dryRun(dryRuns, causes);
    refuse("DeleteOptions", causes);
    if (policy == null && orphan.isBoolean()) {
      policy = orphan.booleanValue() ? "Orphan" : "Background";
    }
    JsonNode preconditions = given.path("preconditions");
    DeleteOptions options =
        new DeleteOptions(
            dryRun,
            grace(given.path("gracePeriodSeconds")),
            policy,
            preconditions.path("uid").asText(null),
            preconditions.path("resourceVersion").asText(null));
    return new Deletion(options, orphan.isBoolean() && !orphan.booleanValue());
  }

  private static @Nullable Long grace(JsonNode seconds) {
    if (!seconds.isIntegralNumber()) {
      return null;
    }
    return seconds.longValue() < 0 ? 1 : seconds.longValue();
  }

  private static ObjectNode fromBody(ApiRequest request, byte[] body) {
    String mediaType = BodyReader.mediaType(request);
    if (mediaType.equals(BodyReader.PROTOBUF)) {
      return ProtobufReader.read(body);
    }
    BodyReader.requireReadable(mediaType);
    try {
      JsonNode tree =
          mediaType.equals("application/yaml")
              ? Yaml.read(body)
              : BodyReader.tree(body, new ArrayList<>(0));
      if (tree instanceof ObjectNode options) {
        checkTypes(options);
        return options;
      }
    } catch (IllegalArgumentException | IOException e) {
      throw Refusals.unrecognizedJson(body, DELETE_OPTIONS);
    }
    throw Refusals.unrecognizedJson(body, DELETE_OPTIONS);
  }

  /** Refuses fields of another type than they have; unknown ones are ignored. */
  private static void checkTypes(ObjectNode options) {
    Schema schema =
        Objects.requireNonNull(
            Schemas.builtIn().definition("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"));
    try {
      Decoder.prune(options, schema);
    } catch (DecodingException e) {
      throw StatusException.badRequest(
          "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: "
              + e.getMessage());
    }
  }

  private static ObjectNode fromQuery(Query query) {
    ObjectNode options = Json.object();
    Long grace = query.findNumber("gracePeriodSeconds");
    if (grace != null) {
      options.put("gracePeriodSeconds", grace);
    }
    String policy = query.find("propagationPolicy");
    if (policy != null) {
      options.put("propagationPolicy", policy);
    }
    Boolean orphan = query.findFlag("orphanDependents");
    if (orphan != null) {
      options.put("orphanDependents", orphan);
    }
    query.all("dryRun").forEach(options.withArray("dryRun")::add);
    return options;
  }

  private static boolean dryRun(List<String> values, List<StatusCause> causes) {
    if (values.stream().anyMatch(value -> !value.equals("All"))) {
      causes.add(
          unsupported(
              "dryRun",
              "[" + String.join(" ", values.stream().map(Text::quote).toList()) + "]",
              "\"All\""));
    }
    return !values.isEmpty();
  }

  private static StatusCause forbidden(String field, String why) {
    return new StatusCause("FieldValueForbidden", "Forbidden: " + why, field);
  }

  private static StatusCause unsupported(String field, String value, String supported) {
    return new StatusCause(
        "FieldValueNotSupported",
        "Unsupported value: " + value + ": supported values: " + supported,
        field);
  }

  private static void refuse(String kind, List<StatusCause> causes) {
    if (!causes.isEmpty()) {
      throw StatusException.invalid("meta.k8s.io", kind, "", causes);
    }
  }
}
