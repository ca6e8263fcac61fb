package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/**
 * Jobs: unless told otherwise, a Job's selector is its own uid, and a Job without labels has those
 * of its Pods.
 */
final class JobStrategy implements Strategy {

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    ObjectNode spec = Meta.child(object, "spec");
    if (spec.path("manualSelector").asBoolean(false)) {
      return;
    }
    ObjectNode metadata = Meta.of(object);
    String uid = Meta.text(metadata, "uid");
    String name = Meta.text(metadata, "name");
    ObjectNode labels = Meta.child(Meta.child(Meta.child(spec, "template"), "metadata"), "labels");
    labels.put("batch.kubernetes.io/controller-uid", uid);
    labels.put("controller-uid", uid);
    labels.put("batch.kubernetes.io/job-name", name);
    labels.put("job-name", name);
    Meta.child(Meta.child(spec, "selector"), "matchLabels")
        .put("batch.kubernetes.io/controller-uid", uid);
    if (metadata.path("labels").isEmpty()) {
      metadata.set("labels", labels.deepCopy());
    }
  }
}
