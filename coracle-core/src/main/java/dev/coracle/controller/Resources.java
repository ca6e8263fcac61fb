package dev.coracle.controller;

import dev.coracle.api.GroupVersionResource;

/** The resources that controllers know by name. */
public final class Resources {

  public static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  public static final GroupVersionResource ENDPOINTS = GroupVersionResource.core("endpoints");
  public static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  public static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  public static final GroupVersionResource PERSISTENT_VOLUME_CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  public static final GroupVersionResource PERSISTENT_VOLUMES =
      GroupVersionResource.core("persistentvolumes");
  public static final GroupVersionResource STORAGE_CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses");
  public static final GroupVersionResource VOLUME_ATTRIBUTES_CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "volumeattributesclasses");
  public static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  public static final GroupVersionResource REPLICATION_CONTROLLERS =
      GroupVersionResource.core("replicationcontrollers");
  public static final GroupVersionResource RESOURCE_QUOTAS =
      GroupVersionResource.core("resourcequotas");
  public static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  public static final GroupVersionResource SERVICES = GroupVersionResource.core("services");
  public static final GroupVersionResource SERVICE_ACCOUNTS =
      GroupVersionResource.core("serviceaccounts");
  public static final GroupVersionResource CONTROLLER_REVISIONS = apps("controllerrevisions");
  public static final GroupVersionResource DAEMON_SETS = apps("daemonsets");
  public static final GroupVersionResource DEPLOYMENTS = apps("deployments");
  public static final GroupVersionResource REPLICA_SETS = apps("replicasets");
  public static final GroupVersionResource STATEFUL_SETS = apps("statefulsets");
  public static final GroupVersionResource JOBS = GroupVersionResource.of("batch", "v1", "jobs");
  public static final GroupVersionResource CRON_JOBS =
      GroupVersionResource.of("batch", "v1", "cronjobs");
  public static final GroupVersionResource INGRESSES = networking("ingresses");
  public static final GroupVersionResource INGRESS_CLASSES = networking("ingressclasses");
  public static final GroupVersionResource IP_ADDRESSES = networking("ipaddresses");
  public static final GroupVersionResource SERVICE_CIDRS = networking("servicecidrs");
  public static final GroupVersionResource ENDPOINT_SLICES =
      GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices");
  public static final GroupVersionResource LEASES =
      GroupVersionResource.of("coordination.k8s.io", "v1", "leases");
  public static final GroupVersionResource POD_DISRUPTION_BUDGETS =
      GroupVersionResource.of("policy", "v1", "poddisruptionbudgets");
  public static final GroupVersionResource CLUSTER_ROLES =
      GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterroles");
  public static final GroupVersionResource CUSTOM_RESOURCE_DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");

  private Resources() {}

  private static GroupVersionResource networking(String resource) {
    return GroupVersionResource.of("networking.k8s.io", "v1", resource);
  }

  private static GroupVersionResource apps(String resource) {
    return GroupVersionResource.of("apps", "v1", resource);
  }
}
