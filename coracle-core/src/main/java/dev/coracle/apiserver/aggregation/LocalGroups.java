package dev.coracle.apiserver.aggregation;

import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.encoding.Negotiation;
import dev.coracle.apiserver.encoding.Options;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The groups that other parts of this process answer for, and the way to them. */
public final class LocalGroups {

  private final List<LocalGroup> groups = new CopyOnWriteArrayList<>();

  public void add(LocalGroup group) {
    groups.add(group);
  }

  /** Grows whenever {@link #types} changes. */
  public long generation() {
    return groups.size();
  }

  public List<ResourceType> types() {
    List<ResourceType> types = new ArrayList<>();
    groups.forEach(group -> types.addAll(group.types()));
    return types;
  }

  public @Nullable LocalGroup find(RequestInfo info) {
    for (LocalGroup group : groups) {
      if (info.isResourceRequest()
          && group.group().equals(info.apiGroup())
          && group.version().equals(info.apiVersion())) {
        return group;
      }
    }
    return null;
  }

  public static ApiResponse serve(ApiRequest request, LocalGroup group) {
    RequestInfo info = request.info();
    ResourceType type = null;
    for (ResourceType each : group.types()) {
      if (each.plural().equals(info.resource())) {
        type = each;
      }
    }
    boolean named = !info.name().isEmpty() && info.verb().equals("get");
    if (type == null
        || !info.subresource().isEmpty()
        || (!type.namespaced() && !info.namespace().isEmpty())
        || (type.namespaced() && named && info.namespace().isEmpty())) {
      throw StatusException.noSuchPath();
    }
    ResourceType negotiable = withoutProtobuf(type);
    return switch (info.verb()) {
      case "get" ->
          new ApiResponse.One(
              200,
              group.get(type, info.namespace(), info.name()),
              type,
              Negotiation.resource(request, negotiable));
      case "list" -> {
        Negotiated format = Negotiation.collection(request, negotiable);
        ListOptions options = Options.list(request.query());
        yield new ApiResponse.Many(
            new ObjectList(group.list(type, info.namespace(), options), 0, null, null),
            type,
            format);
      }
      default -> throw StatusException.methodNotAllowed();
    };
  }

  /** These kinds have no protobuf form here, as those of custom resources have none. */
  private static ResourceType withoutProtobuf(ResourceType type) {
    return new ResourceType(
        type.group(),
        type.version(),
        type.storageVersion(),
        type.plural(),
        type.singular(),
        type.kind(),
        type.listKind(),
        type.namespaced(),
        type.shortNames(),
        type.categories(),
        type.verbs(),
        type.subresources(),
        type.selectableFields(),
        true,
        type.deprecation());
  }
}
