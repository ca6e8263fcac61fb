package dev.coracle.registry.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ServedResources;
import dev.coracle.registry.ObjectSchemas;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.ObjectTree;
import dev.coracle.registry.flow.ObjectStore;
import dev.coracle.registry.resource.Conversion;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.schema.Schemas;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this server serves itself; resources are the same when their objects are stored at the same
 * place.
 */
final class ServedTypes implements ServedResources {

  private final Resources resources;
  private final ObjectSchemas schemas;

  ServedTypes(Resources resources, ObjectSchemas schemas) {
    this.resources = resources;
    this.schemas = schemas;
  }

  @Override
  public @Nullable Served find(GroupVersionKind kind) {
    for (ResourceType each : resources.types()) {
      if (each.gvk().equals(kind) && each.has("get")) {
        return new Served(each.gvr(), kind, each.namespaced());
      }
    }
    return null;
  }

  @Override
  public List<KubeObject> objects(GroupVersionResource name) {
    Resource resource = resources.of(name);
    ObjectTree tree = resource.stored().snapshot().tree();
    if (tree.size() == 0) {
      return List.of();
    }
    List<KubeObject> objects = new ArrayList<>();
    tree.forEach(object -> objects.add(ObjectStore.served(resource, object)));
    return objects;
  }

  @Override
  public List<Served> of(GroupVersionResource resource, String subresource) {
    ResourceType type = resources.find(resource.group(), resource.version(), resource.resource());
    if (type == null) {
      return List.of();
    }
    List<Served> served = new ArrayList<>();
    for (ResourceType each : resources.types()) {
      if (each.storePrefix().equals(type.storePrefix())) {
        ResourceType.Subresource body = each.subresources().get(subresource);
        if (subresource.isEmpty()) {
          served.add(new Served(each.gvr(), each.gvk(), each.namespaced()));
        } else if (body != null) {
          served.add(new Served(each.gvr(), body.kind(), each.namespaced()));
        }
      }
    }
    return served;
  }

  @Override
  public ObjectNode convert(ObjectNode object, GroupVersionResource from, GroupVersionResource to) {
    Conversion source = resources.of(from).conversion();
    ObjectNode stored = source == null ? object.deepCopy() : source.stored(object.deepCopy());
    Conversion target = resources.of(to).conversion();
    return target == null ? stored : target.served(KubeObject.of(stored)).mutableTree();
  }

  @Override
  public ObjectNode reread(
      GroupVersionKind kind, GroupVersionResource resource, ObjectNode object) {
    ResourceType known = resources.find(resource.group(), resource.version(), resource.resource());
    ResourceType type =
        known != null && known.gvk().equals(kind) ? known : ResourceType.ofBody(kind);
    if (!type.custom() && Schemas.builtIn().find(kind) == null) {
      // The options of a connection, such as PodExecOptions, which the API describes nowhere.
      return object;
    }
    ObjectNode read = schemas.decode(type, object, false, "Ignore", new ArrayList<>());
    schemas.applyDefaults(type, read);
    return read;
  }
}
