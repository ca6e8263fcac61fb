package dev.coracle.scheduler.framework;

/** A change that may make a waiting Pod schedulable. */
public enum ClusterEvent {
  NODE_ADDED,
  NODE_LABELS,
  NODE_TAINTS,
  NODE_ALLOCATABLE,
  ASSIGNED_POD_ADDED,
  ASSIGNED_POD_LABELS,
  /** A Pod on a node asks for less than before. */
  ASSIGNED_POD_SCALED_DOWN,
  ASSIGNED_POD_DELETED,
  CLAIM_CHANGED,
  VOLUME_CHANGED,
  STORAGE_CLASS_CHANGED,
  CSI_NODE_CHANGED,
  /** The waiting Pod itself changed. */
  POD_CHANGED,
  /** It has waited long: something may have been missed. */
  TIMEOUT
}
