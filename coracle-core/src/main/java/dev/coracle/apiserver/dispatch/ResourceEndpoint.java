package dev.coracle.apiserver.dispatch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.connect.ConnectEndpoint;
import dev.coracle.apiserver.connect.ConnectOptions;
import dev.coracle.apiserver.encoding.BodyReader;
import dev.coracle.apiserver.encoding.Negotiation;
import dev.coracle.apiserver.encoding.Options;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Text;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Serves every resource: which verbs a path has, and the way from there into the registry. */
public final class ResourceEndpoint {

  private static final Set<String> CONNECTING =
      Set.of("proxy", "exec", "attach", "portforward", "log");

  private final Registry registry;
  private final ConnectEndpoint connect;

  public ResourceEndpoint(Registry registry, ConnectEndpoint connect) {
    this.registry = registry;
    this.connect = connect;
  }

  ApiResponse serve(ApiRequest request) {
    RequestInfo info = request.info();
    ResourceType type = registry.find(info.apiGroup(), info.apiVersion(), info.resource());
    if (type == null) {
      return unknown(info);
    }
    if (type.custom() && !type.namespaced() && !info.namespace().isEmpty()) {
      return ApiResponse.text(404, "404 page not found\n");
    }
    requirePath(type, info);
    requireName(info.name());
    if (!type.deprecation().isEmpty()) {
      request.warnings().add(type.deprecation());
    }
    String namespace = type.namespaced() ? info.namespace() : "";
    if (!info.subresource().isEmpty()) {
      return subresource(request, type, namespace);
    }
    boolean head = request.method().equals("HEAD") && !type.custom();
    if (info.verb().isEmpty() || head || !allowed(type, info)) {
      throw StatusException.methodNotAllowed();
    }
    return switch (info.verb()) {
      case "get" -> get(request, type, namespace);
      case "list" -> list(request, type, namespace);
      case "watch" -> watch(request, type, namespace);
      case "create" -> create(request, type, namespace);
      case "update" -> update(request, type, namespace, type.kind());
      case "patch" -> patch(request, type, namespace);
      case "delete" -> delete(request, type, namespace);
      case "deletecollection" -> deleteCollection(request, type, namespace);
      default -> throw StatusException.methodNotAllowed();
    };
  }

  private ApiResponse unknown(RequestInfo info) {
    boolean groupServed =
        registry.resources().stream().anyMatch(type -> type.group().equals(info.apiGroup()));
    if (groupServed) {
      throw StatusException.noSuchPath();
    }
    return ApiResponse.text(404, "404 page not found\n");
  }

  /** Refuses paths that no resource has, whatever the verb. */
  private static void requirePath(ResourceType type, RequestInfo info) {
    boolean deep = !info.rest().isEmpty() && !CONNECTING.contains(info.subresource());
    boolean misplaced =
        type.namespaced()
            ? info.namespace().isEmpty() && named(info)
            : !info.namespace().isEmpty() && !type.plural().equals("namespaces");
    if (deep || misplaced) {
      throw StatusException.noSuchPath();
    }
  }

  /** Refuses names that could never be a part of a path. */
  private static void requireName(String name) {
    List<String> problems = new ArrayList<>(0);
    if (name.equals(".") || name.equals("..")) {
      problems.add("may not be '" + name + "'");
    } else {
      for (String letter : List.of("/", "%")) {
        if (name.contains(letter)) {
          problems.add("may not contain '" + letter + "'");
        }
      }
    }
    if (!problems.isEmpty()) {
      throw StatusException.badRequest(
          "Name parameter invalid: " + Text.quote(name) + ": " + String.join(";", problems));
    }
  }

  /** Whether the path itself names an object (a field selector does not). */
  private static boolean named(RequestInfo info) {
    return switch (info.verb()) {
      case "list", "watch", "deletecollection" -> !info.subresource().isEmpty();
      default -> !info.name().isEmpty();
    };
  }

  private static boolean allowed(ResourceType type, RequestInfo info) {
    boolean allNamespaces = type.namespaced() && info.namespace().isEmpty();
    return switch (info.verb()) {
      case "list", "watch" -> type.verbs().contains(info.verb());
      case "create" ->
          info.name().isEmpty() && !allNamespaces && type.verbs().contains("create")
              || (type.plural().equals("namespaces")
                  && info.name().isEmpty()
                  && type.verbs().contains("create"));
      case "deletecollection" -> !allNamespaces && type.verbs().contains("deletecollection");
      default -> !info.name().isEmpty() && type.verbs().contains(info.verb());
    };
  }

  private ApiResponse get(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.resource(request, type);
    return new ApiResponse.One(
        200,
        registry.get(
            type, namespace, request.info().name(), request.query().first("resourceVersion")),
        type,
        format);
  }

  private ApiResponse list(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.collection(request, type);
    ListOptions options = Options.list(request.query());
    return new ApiResponse.Many(registry.list(type, namespace, options), type, format);
  }

  private ApiResponse watch(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.watch(request, type);
    ListOptions options = Options.list(request.query());
    String name = request.info().name();
    ListOptions selected =
        name.isEmpty() || options.fieldSelector().contains("metadata.name")
            ? options
            : options.withFieldSelector(
                "metadata.name="
                    + name
                    + (options.fieldSelector().isEmpty() ? "" : "," + options.fieldSelector()));
    return new ApiResponse.Watch(
        type, format, sink -> registry.watch(type, namespace, selected, sink));
  }

  private ApiResponse create(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.resource(request, type);
    WriteOptions options = Options.write(request.query(), "CreateOptions");
    Registry.Written written =
        registry.create(
            context(request),
            type,
            namespace,
            "",
            "",
            object(request, type.kind(), type.version(), options),
            options);
    return new ApiResponse.One(201, written.object(), type, format);
  }

  private ApiResponse update(ApiRequest request, ResourceType type, String namespace, String kind) {
    Negotiated format = Negotiation.resource(request, type);
    WriteOptions options = Options.write(request.query(), "UpdateOptions");
    Registry.Written written =
        registry.update(
            context(request),
            type,
            namespace,
            request.info().name(),
            request.info().subresource(),
            object(request, kind, type.version(), options),
            options);
    return new ApiResponse.One(written.created() ? 201 : 200, written.object(), type, format);
  }

  private ApiResponse patch(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.resource(request, type);
    PatchType patchType = PatchType.of(BodyReader.mediaType(request));
    if (patchType == null) {
      throw new StatusException(
          new Status(
              415,
              "UnsupportedMediaType",
              "415: Unsupported Media Type",
              new Status.Details("", "", "", "", List.of(), 0)));
    }
    if (type.custom() && patchType == PatchType.STRATEGIC) {
      throw StatusException.unsupportedMediaType(
          "the body of the request was in an unknown format - accepted media types include:"
              + " application/json-patch+json, application/merge-patch+json,"
              + " application/apply-patch+yaml");
    }
    WriteOptions options = Options.patch(request.query(), patchType);
    Registry.Written written =
        registry.patch(
            context(request),
            type,
            namespace,
            request.info().name(),
            request.info().subresource(),
            patchType,
            patchBytes(request, patchType),
            options);
    return new ApiResponse.One(written.created() ? 201 : 200, written.object(), type, format);
  }

  private ApiResponse delete(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.resource(request, type);
    Options.Deletion deletion = Options.deletion(request);
    String name = request.info().name();
    Registry.Deleted deleted =
        registry.delete(context(request), type, namespace, name, deletion.options());
    int code = deletion.orphansForbidden() && !deleted.gone() ? 202 : 200;
    if (deleted.answersObject()) {
      return new ApiResponse.One(code, deleted.object(), type, format);
    }
    Status.Details details =
        new Status.Details(name, type.group(), type.plural(), deleted.object().uid(), List.of(), 0);
    return new ApiResponse.One(
        code, KubeObject.of(StatusJson.success(code, details)), null, format);
  }

  private ApiResponse deleteCollection(ApiRequest request, ResourceType type, String namespace) {
    Negotiated format = Negotiation.resource(request, type);
    ListOptions selection = Options.list(request.query());
    DeleteOptions options = Options.delete(request);
    return new ApiResponse.Many(
        registry.deleteCollection(context(request), type, namespace, options, selection),
        type,
        format);
  }

  private ApiResponse subresource(ApiRequest request, ResourceType type, String namespace) {
    RequestInfo info = request.info();
    ResourceType.Subresource subresource = type.subresources().get(info.subresource());
    if (subresource == null) {
      throw StatusException.noSuchPath();
    }
    if (!subresource.verbs().contains(info.verb())) {
      throw StatusException.methodNotAllowed();
    }
    if (CONNECTING.contains(subresource.name())) {
      if (!subresource.name().equals("log")) {
        registry.connect(
            context(request),
            type,
            namespace,
            info.name(),
            subresource.name(),
            ConnectOptions.of(subresource.kind(), request));
      }
      return connect.serve(request, namespace);
    }
    return switch (info.verb()) {
      case "get" ->
          new ApiResponse.One(
              200,
              registry.getSubresource(type, namespace, info.name(), info.subresource()),
              viewed(type, subresource),
              Negotiation.resource(request, type));
      case "update" -> update(request, type, namespace, subresource.kind().kind());
      case "patch" -> patch(request, type, namespace);
      case "create" -> createSubresource(request, type, subresource, namespace);
      default -> throw StatusException.methodNotAllowed();
    };
  }

  /** The type whose columns show a subresource's object: only if it is the resource itself. */
  private static @Nullable ResourceType viewed(
      ResourceType type, ResourceType.Subresource subresource) {
    return subresource.kind().kind().equals(type.kind()) ? type : null;
  }

  private ApiResponse createSubresource(
      ApiRequest request,
      ResourceType type,
      ResourceType.Subresource subresource,
      String namespace) {
    Negotiated format = Negotiation.made(request, type);
    WriteOptions options = Options.write(request.query(), "CreateOptions");
    Registry.Written written =
        registry.create(
            context(request),
            type,
            namespace,
            request.info().name(),
            subresource.name(),
            object(request, subresource.kind().kind(), subresource.kind().version(), options),
            options);
    return new ApiResponse.One(201, written.object(), null, format);
  }

  private static ObjectNode object(
      ApiRequest request, String kind, String version, WriteOptions options) {
    ObjectNode object = BodyReader.object(request, kind, version, options);
    AuditEvent event = request.audit();
    if (event != null) {
      event.requestObject(object);
    }
    return object;
  }

  private static byte[] patchBytes(ApiRequest request, PatchType type) {
    byte[] patch = BodyReader.bytes(request);
    AuditEvent event = request.audit();
    if (event != null && event.wantsRequest()) {
      try {
        event.requestPatch(
            Json.write(type == PatchType.APPLY ? Yaml.read(patch) : Json.read(patch)));
      } catch (IllegalArgumentException broken) {
        // what can't be read is refused later, and is no object to record
        return patch;
      }
    }
    return patch;
  }

  private static RequestContext context(ApiRequest request) {
    String userAgent = request.headers().first("user-agent", "");
    AuditEvent event = request.audit();
    return event == null
        ? new RequestContext(request.user(), userAgent, request.warnings())
        : new RequestContext(request.user(), userAgent, request.warnings(), event.annotations());
  }
}
