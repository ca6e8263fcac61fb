package dev.coracle.scheduler.framework;

import dev.coracle.api.KubeObject;
import java.util.List;

/**
 * What is to happen with a Pod's claims before it may have a node.
 *
 * @param matches claims that get volumes which are there
 * @param toProvision claims for which volumes are to be made for the node
 */
public record VolumePlan(List<Match> matches, List<KubeObject> toProvision) {

  public static final VolumePlan NOTHING = new VolumePlan(List.of(), List.of());

  /** The two are to be bound. */
  public record Match(KubeObject claim, KubeObject volume) {}

  public boolean isEmpty() {
    return matches.isEmpty() && toProvision.isEmpty();
  }
}
