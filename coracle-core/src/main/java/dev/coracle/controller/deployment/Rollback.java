package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Trees;

/**
 * Goes back to a revision, for those who still ask by the annotation {@code
 * deprecated.deployment.rollback.to}; kubectl writes the old template itself.
 */
final class Rollback {

  private static final String NOT_FOUND = "DeploymentRollbackRevisionNotFound";

  private final DeploymentState state;

  Rollback(DeploymentState state) {
    this.state = state;
  }

  static boolean isWanted(KubeObject deployment) {
    return !deployment.at("metadata", "annotations").path(Revisions.ROLLBACK_TO).isMissingNode();
  }

  void run() {
    KubeObject deployment = state.deployment();
    ObjectNode tree = deployment.mutableTree();
    ObjectNode annotations = tree.withObject("/metadata").withObject("/annotations");
    annotations.remove(Revisions.ROLLBACK_TO);
    long asked = deployment.at("metadata", "annotations").path(Revisions.ROLLBACK_TO).asLong();
    long wanted = asked == 0 ? Revisions.secondNewest(state.sets()) : asked;
    KubeObject target =
        state.sets().stream()
            .filter(set -> Revisions.revision(set) == wanted)
            .findFirst()
            .orElse(null);
    if (wanted == 0) {
      state.warn(NOT_FOUND, "Unable to find last revision.");
    } else if (target == null) {
      state.warn(NOT_FOUND, "Unable to find the revision to rollback to.");
    } else {
      JsonNode template = Revisions.withoutHash(target.at("spec", "template"));
      if (Trees.same(template, Revisions.withoutHash(deployment.at("spec", "template")))) {
        state.warn(
            "DeploymentRollbackTemplateUnchanged",
            "The rollback revision contains the same template as current deployment \""
                + deployment.name()
                + "\"");
      } else {
        tree.withObject("/spec").set("template", template.deepCopy());
        Revisions.restoreAnnotations(annotations, target);
        state.tell(
            "DeploymentRollback",
            "Rolled back deployment \"" + deployment.name() + "\" to revision " + wanted);
      }
    }
    state.update(tree);
  }
}
