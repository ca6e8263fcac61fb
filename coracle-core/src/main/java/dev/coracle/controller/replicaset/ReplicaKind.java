package dev.coracle.controller.replicaset;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.controller.Resources;

/** The two resources that keep a number of equal Pods. */
public enum ReplicaKind {
  REPLICA_SET("replicaset-controller", Resources.REPLICA_SETS),
  REPLICATION_CONTROLLER("replication-controller", Resources.REPLICATION_CONTROLLERS);

  private final String controller;
  private final GroupVersionResource resource;

  ReplicaKind(String controller, GroupVersionResource resource) {
    this.controller = controller;
    this.resource = resource;
  }

  String controller() {
    return controller;
  }

  GroupVersionResource resource() {
    return resource;
  }

  LabelSelector selector(KubeObject owner) {
    return switch (this) {
      case REPLICA_SET -> LabelSelector.of(owner.at("spec", "selector"));
      case REPLICATION_CONTROLLER -> LabelSelector.ofMap(owner.at("spec", "selector"));
    };
  }
}
