package dev.coracle.scheduler.framework;

import java.util.List;
import java.util.Map;

/**
 * What Pod affinity sees of a Pod: Pods of one template are alike, and what is true of one of them
 * is true of all.
 *
 * @param affinity the Pods it must be near to
 * @param antiAffinity the Pods it must be far from
 * @param preferred the Pods it wants to be near to (weight above 0) and far from (below 0)
 */
public record Likeness(
    String namespace,
    Map<String, String> labels,
    List<PodTerm> affinity,
    List<PodTerm> antiAffinity,
    List<PodTerm> preferred) {}
