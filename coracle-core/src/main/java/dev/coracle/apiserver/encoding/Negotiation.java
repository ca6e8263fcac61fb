package dev.coracle.apiserver.encoding;

import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.Text;
import dev.coracle.http.Headers;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses how to answer from {@code Accept}, {@code pretty} and {@code User-Agent}. */
public final class Negotiation {

  /** One element of an Accept header. */
  private record Clause(
      String type, String subtype, Map<String, String> parameters, double quality) {}

  private static final String REPRESENTATIONS =
      "application/json, application/yaml, application/vnd.kubernetes.protobuf";
  private static final String STREAMS =
      "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
  private static final Set<Negotiated.View> NOTHING_SPECIAL = Set.of();
  private static final Set<Negotiated.View> METADATA = Set.of(Negotiated.View.PARTIAL);

  /** Reviews and bindings can only be created: they have no columns. */
  private static final Set<String> REVIEWED = Set.of("create");

  private static final Set<Negotiated.View> OBJECTS =
      Set.of(Negotiated.View.TABLE, Negotiated.View.PARTIAL);

  private Negotiation() {}

  /** For objects of resources. */
  public static Negotiated resource(ApiRequest request, ResourceType type) {
    Set<Negotiated.View> views = type.verbs().equals(REVIEWED) ? METADATA : OBJECTS;
    return negotiate(request, views, type.custom(), REPRESENTATIONS, REPRESENTATIONS);
  }

  /** For what is made on a subresource, such as a token, and has no columns. */
  public static Negotiated made(ApiRequest request, ResourceType type) {
    return negotiate(request, METADATA, type.custom(), REPRESENTATIONS, REPRESENTATIONS);
  }

  /** For lists, which are told apart only in the words of a refusal. */
  public static Negotiated collection(ApiRequest request, ResourceType type) {
    Negotiated chosen =
        negotiate(
            request, OBJECTS, type.custom(), REPRESENTATIONS, REPRESENTATIONS + ", " + STREAMS);
    if (chosen.view() == Negotiated.View.PARTIAL && !chosen.list()) {
      throw StatusException.notAcceptable(
          "you requested PartialObjectMetadata, but the requested object is a list ("
              + goType(type, type.listKind())
              + ")");
    }
    return chosen;
  }

  /** The name that a kind's internal type has in Go. */
  private static String goType(ResourceType type, String kind) {
    if (type.custom()) {
      return kind.endsWith("List")
          ? "*unstructured.UnstructuredList"
          : "*unstructured.Unstructured";
    }
    String group = type.group().isEmpty() ? "core" : type.group();
    int dot = group.indexOf('.');
    return "*" + (dot < 0 ? group : group.substring(0, dot)) + "." + kind;
  }

  /** For watches, whose events have no YAML form. */
  public static Negotiated watch(ApiRequest request, ResourceType type) {
    Negotiated chosen =
        negotiate(request, OBJECTS, type.custom(), STREAMS, REPRESENTATIONS + ", " + STREAMS);
    return switch (chosen.encoding()) {
      case JSON -> chosen;
      case YAML -> throw accepting(STREAMS);
      case PROTOBUF ->
          new Negotiated(
              chosen.encoding(),
              chosen.view(),
              chosen.list(),
              false,
              chosen.contentType() + ";stream=watch");
    };
  }

  /** For documents that may be asked for as aggregated discovery. */
  public static Negotiated discovery(ApiRequest request) {
    return negotiate(
        request, Set.of(Negotiated.View.DISCOVERY_V2), false, REPRESENTATIONS, REPRESENTATIONS);
  }

  public static Negotiated document(ApiRequest request) {
    return negotiate(request, NOTHING_SPECIAL, false, REPRESENTATIONS, REPRESENTATIONS);
  }

  /** As {@link #document}, and JSON for whatever else is asked for: how failures are told. */
  public static Negotiated lenient(Headers headers, Query query) {
    boolean pretty = pretty(headers, query);
    for (Clause clause : clauses(headers)) {
      Negotiated chosen = choose(clause, NOTHING_SPECIAL, false, pretty);
      if (chosen != null) {
        return chosen;
      }
    }
    return json(pretty);
  }

  private static Negotiated negotiate(
      ApiRequest request,
      Set<Negotiated.View> views,
      boolean custom,
      String accepted,
      String representations) {
    boolean pretty = pretty(request.headers(), request.query());
    List<Clause> clauses = clauses(request.headers());
    if (clauses.isEmpty()) {
      return json(pretty);
    }
    boolean known = custom;
    for (Clause clause : clauses) {
      Negotiated chosen = choose(clause, views, custom, pretty);
      if (chosen != null) {
        if (chosen.view() == Negotiated.View.TABLE) {
          checkInclude(request.query().first("includeObject"));
        }
        return chosen;
      }
      known |= encoding(clause) != null;
    }
    if (known) {
      throw accepting(accepted);
    }
    throw new StatusException(
        new Status(
            406,
            "NotAcceptable",
            "406: Not Acceptable\n\nAvailable representations: " + representations,
            new Status.Details("", "", "", "", List.of(), 0)));
  }

  private static void checkInclude(String include) {
    switch (include) {
      case "", "None", "Metadata", "Object" -> {}
      default ->
          throw StatusException.badRequest(
              "Unable to convert to Table as requested: includeObject: Invalid value: "
                  + Text.quote(include)
                  + ": must be 'Metadata', 'Object', 'None', or empty");
    }
  }

  private static StatusException accepting(String mediaTypes) {
    return StatusException.notAcceptable(
        "only the following media types are accepted: " + mediaTypes);
  }

  private static Negotiated json(boolean pretty) {
    return pretty ? Negotiated.PRETTY : Negotiated.JSON;
  }

  /**
   * @param custom whether it is for a custom resource: these have no protobuf form, but their
   *     metadata have
   */
  private static @Nullable Negotiated choose(
      Clause clause, Set<Negotiated.View> views, boolean custom, boolean pretty) {
    Negotiated.Encoding encoding = encoding(clause);
    if (encoding == null || !clause.parameters.getOrDefault("stream", "watch").equals("watch")) {
      return null;
    }
    boolean protobuf = encoding == Negotiated.Encoding.PROTOBUF;
    boolean prettier = pretty || "1".equals(clause.parameters.get("pretty"));
    String mediaType =
        switch (encoding) {
          case JSON -> "application/json";
          case YAML -> "application/yaml";
          case PROTOBUF -> BodyReader.PROTOBUF;
        };
    String as = clause.parameters.get("as");
    if (as == null) {
      return protobuf && custom
          ? null
          : new Negotiated(encoding, Negotiated.View.WHOLE, false, prettier, mediaType);
    }
    Negotiated.View view = view(as, clause.parameters);
    String meta = view == Negotiated.View.DISCOVERY_V2 ? Negotiated.META : meta(clause.parameters);
    boolean inJsonOnly = view == Negotiated.View.TABLE || !meta.equals(Negotiated.META);
    if (view == null || !views.contains(view) || (protobuf && inJsonOnly)) {
      return null;
    }
    return new Negotiated(
        encoding,
        view,
        as.endsWith("List"),
        prettier,
        view == Negotiated.View.DISCOVERY_V2
            ? mediaType + ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            : mediaType,
        meta);
  }

  private static String meta(Map<String, String> parameters) {
    return "meta.k8s.io/" + parameters.getOrDefault("v", "");
  }

  private static Negotiated.@Nullable View view(String as, Map<String, String> parameters) {
    String group = parameters.getOrDefault("g", "");
    String version = parameters.getOrDefault("v", "");
    if (group.equals("meta.k8s.io") && (version.equals("v1") || version.equals("v1beta1"))) {
      return switch (as) {
        case "Table" -> Negotiated.View.TABLE;
        case "PartialObjectMetadata", "PartialObjectMetadataList" -> Negotiated.View.PARTIAL;
        default -> null;
      };
    }
    return group.equals("apidiscovery.k8s.io")
            && version.equals("v2")
            && as.equals("APIGroupDiscoveryList")
        ? Negotiated.View.DISCOVERY_V2
        : null;
  }

  private static Negotiated.@Nullable Encoding encoding(Clause clause) {
    if (clause.type.equals("*")
        || (clause.type.equals("application") && clause.subtype.equals("*"))) {
      return Negotiated.Encoding.JSON;
    }
    if (!clause.type.equals("application")) {
      return null;
    }
    return switch (clause.subtype) {
      case "json" -> Negotiated.Encoding.JSON;
      case "yaml" -> Negotiated.Encoding.YAML;
      case "vnd.kubernetes.protobuf" -> Negotiated.Encoding.PROTOBUF;
      default -> null;
    };
  }

  /** The Accept header's elements, most wanted first. */
  private static List<Clause> clauses(Headers headers) {
    List<Clause> clauses = new ArrayList<>(4);
    for (String element : headers.elements("accept")) {
      Clause clause = clause(element);
      if (clause != null) {
        clauses.add(clause);
      }
    }
    if (clauses.size() > 1) {
      clauses.sort((left, right) -> Double.compare(right.quality, left.quality));
    }
    return clauses;
  }

  /** The media types of the Accept header without parameters, most wanted first. */
  public static List<String> accepted(Headers headers) {
    return clauses(headers).stream().map(each -> each.type + "/" + each.subtype).toList();
  }

  private static @Nullable Clause clause(String element) {
    String[] parts = element.split(";", -1);
    String[] media = parts[0].strip().toLowerCase(Locale.ROOT).split("/", -1);
    if (media.length != 2) {
      return media.length == 1 && media[0].equals("*") ? new Clause("*", "*", Map.of(), 1) : null;
    }
    Map<String, String> parameters = new HashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals > 0) {
        parameters.put(
            parts[i].substring(0, equals).strip().toLowerCase(Locale.ROOT),
            parts[i].substring(equals + 1).strip());
      }
    }
    double quality = 1;
    try {
      quality = Double.parseDouble(parameters.getOrDefault("q", "1"));
    } catch (NumberFormatException e) {
      quality = 1;
    }
    return new Clause(media[0], media[1], parameters, quality);
  }

  private static boolean pretty(Headers headers, Query query) {
    String asked = query.first("pretty");
    if (!asked.isEmpty()) {
      return switch (asked) {
        case "1", "t", "T", "true", "TRUE", "True" -> true;
        default -> false;
      };
    }
    String agent = headers.first("user-agent");
    return agent != null
        && (agent.startsWith("curl")
            || agent.startsWith("Wget")
            || agent.startsWith("Mozilla/5.0"));
  }
}
