package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.EquivalentResources;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import java.util.ArrayList;
import java.util.List;

/** Resources are the same when their objects are stored at the same place. */
final class EquivalentTypes implements EquivalentResources {

  private final Resources resources;
  private final ObjectSchemas schemas;

  EquivalentTypes(Resources resources, ObjectSchemas schemas) {
    this.resources = resources;
    this.schemas = schemas;
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
          served.add(new Served(each.gvr(), each.gvk()));
        } else if (body != null) {
          served.add(new Served(each.gvr(), body.kind()));
        }
      }
    }
    return served;
  }

  @Override
  public ObjectNode convert(ObjectNode object, GroupVersionResource from, GroupVersionResource to) {
    ObjectNode converted = object.deepCopy();
    Conversion source = resources.of(from).conversion();
    if (source != null) {
      source.toStored(converted);
    }
    Conversion target = resources.of(to).conversion();
    if (target != null) {
      target.fromStored(converted);
    }
    return converted;
  }

  @Override
  public ObjectNode reread(
      GroupVersionKind kind, GroupVersionResource resource, ObjectNode object) {
    ResourceType known = resources.find(resource.group(), resource.version(), resource.resource());
    ResourceType type = known != null && known.gvk().equals(kind) ? known : ResourceType.ofBody(kind);
    ObjectNode read = schemas.decode(type, object, false, "Ignore", new ArrayList<>());
    schemas.applyDefaults(type, read);
    return read;
  }
}
