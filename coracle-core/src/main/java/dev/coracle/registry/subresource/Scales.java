package dev.coracle.registry.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.ScalePaths;
import java.util.List;
import java.util.function.UnaryOperator;

/** The scale subresource: {@code autoscaling/v1 Scale} as a view of an object's replicas. */
public final class Scales {

  public static final GroupVersionKind KIND = new GroupVersionKind("autoscaling", "v1", "Scale");

  private static final ResourceType TYPE = ResourceType.ofBody(KIND);

  private final RegistryConfig config;
  private final ScalePaths.Known paths;

  Scales(RegistryConfig config, ScalePaths.Known paths) {
    this.config = config;
    this.paths = paths;
  }

  KubeObject of(Resource resource, KubeObject object) {
    return KubeObject.of(tree(resource, object));
  }

  private ObjectNode tree(Resource resource, KubeObject object) {
    ObjectNode scale = Json.object().put("kind", KIND.kind()).put("apiVersion", KIND.apiVersion());
    ObjectNode metadata = scale.putObject("metadata");
    metadata.put("name", object.name());
    if (!object.namespace().isEmpty()) {
      metadata.put("namespace", object.namespace());
    }
    metadata.put("uid", object.uid());
    metadata.put("resourceVersion", String.valueOf(object.resourceVersion()));
    metadata.put("creationTimestamp", object.creationTimestamp());
    ScalePaths own = paths.of(resource.type());
    ObjectNode spec = scale.putObject("spec");
    long replicas = object.at(own.specReplicas()).asLong(0);
    if (replicas != 0) {
      spec.put("replicas", replicas);
    }
    ObjectNode status = scale.putObject("status");
    status.put("replicas", object.at(own.statusReplicas()).asLong(0));
    String selector = selector(object, own);
    if (!selector.isEmpty()) {
      status.put("selector", selector);
    }
    return scale;
  }

  private static String selector(KubeObject object, ScalePaths paths) {
    JsonNode selector = object.at(paths.selector());
    if (selector.isTextual()) {
      return selector.asText();
    }
    if (!selector.isObject()) {
      return "";
    }
    boolean labelSelector = selector.has("matchLabels") || selector.has("matchExpressions");
    return (labelSelector ? LabelSelector.of(selector) : LabelSelector.ofMap(selector)).toString();
  }

  /** The object with the replicas of a Scale. */
  private ObjectNode applied(Resource resource, KubeObject current, ObjectNode sent) {
    ObjectNode scale = config.schemas().decode(TYPE, sent, false, "Ignore", List.of());
    JsonNode metadata = scale.path("metadata");
    String name = Meta.text(metadata, "name");
    if (!name.isEmpty() && !name.equals(current.name())) {
      throw StatusException.badRequest(
          "the name of the object ("
              + name
              + ") does not match the name on the URL ("
              + current.name()
              + ")");
    }
    ObjectNode object = current.mutableTree();
    setReplicas(resource, object, scale);
    ObjectNode target = Meta.of(object);
    target.put("resourceVersion", Meta.text(metadata, "resourceVersion"));
    String uid = Meta.text(metadata, "uid");
    if (!uid.isEmpty()) {
      target.put("uid", uid);
    }
    return object;
  }

  private void setReplicas(Resource resource, ObjectNode object, ObjectNode scale) {
    long replicas = scale.path("spec").path("replicas").asLong(0);
    if (replicas < 0) {
      throw StatusException.invalid(
          KIND.group(),
          KIND.kind(),
          Meta.text(scale.path("metadata"), "name"),
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: " + replicas + ": must be greater than or equal to 0",
                  "spec.replicas")));
    }
    ObjectNode parent = object;
    String[] path = paths.of(resource.type()).specReplicas();
    for (int i = 0; i < path.length - 1; i++) {
      parent = Meta.child(parent, path[i]);
    }
    parent.put(path[path.length - 1], (int) replicas);
  }

  /** Admission sees a Scale, not the object that is scaled. */
  private UpdateFlow.Shown shown(Resource resource) {
    return new UpdateFlow.Shown() {
      @Override
      public ObjectNode body(KubeObject object) {
        return tree(resource, object);
      }

      @Override
      public void changed(ObjectNode object, ObjectNode body) {
        setReplicas(resource, object, body);
      }
    };
  }

  private UpdateFlow.Change change(
      Resource resource, java.util.function.Function<KubeObject, ObjectNode> from) {
    return new UpdateFlow.Change() {
      @Override
      public ObjectNode from(KubeObject current) {
        return from.apply(current);
      }

      @Override
      public UpdateFlow.Shown shown() {
        return Scales.this.shown(resource);
      }
    };
  }

  /** The object that a PUT of its Scale makes. */
  UpdateFlow.Change replacing(Resource resource, ObjectNode body) {
    return change(resource, current -> applied(resource, current, body.deepCopy()));
  }

  /** The object that a patch of its Scale makes. */
  UpdateFlow.Change patching(
      RequestContext context, Resource resource, PatchType patchType, byte[] body) {
    UnaryOperator<ObjectNode> patch =
        config.schemas().patch(TYPE, patchType, body, "", context.warnings());
    return change(
        resource, current -> applied(resource, current, patch.apply(tree(resource, current))));
  }
}
