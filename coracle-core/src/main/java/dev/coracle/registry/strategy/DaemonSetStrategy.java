package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/** DaemonSets: an annotation counts the changes of their templates, as the first versions did. */
final class DaemonSetStrategy implements Strategy {

  private static final String COUNT = "deprecated.daemonset.template.generation";

  @Override
  public void complete(ObjectNode object) {
    Meta.child(Meta.of(object), "annotations").put(COUNT, "1");
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    long count = old.at("metadata", "annotations").path(COUNT).asLong(1);
    if (write.subresource().isEmpty()
        && !object.path("spec").path("template").equals(old.at("spec", "template"))) {
      count++;
    }
    Meta.child(Meta.of(object), "annotations").put(COUNT, String.valueOf(count));
  }
}
