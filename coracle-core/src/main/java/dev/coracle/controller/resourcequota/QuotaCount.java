package dev.coracle.controller.resourcequota;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import dev.coracle.client.quota.QuotaScopes;
import dev.coracle.client.quota.QuotaUsage;
import java.time.Instant;
import java.util.List;

/** What the objects of a namespace use of one line of a ResourceQuota. Pure. */
final class QuotaCount {

  private QuotaCount() {}

  /**
   * @param name as in {@code spec.hard}
   * @param resource that the name counts, such as {@code deployments.apps}
   * @param objects of that resource
   */
  static Quantity of(
      KubeObject quota, String name, String resource, List<KubeObject> objects, Instant now) {
    int dot = resource.indexOf('.');
    GroupVersionResource counted =
        GroupVersionResource.of(
            dot < 0 ? "" : resource.substring(dot + 1),
            "v1",
            dot < 0 ? resource : resource.substring(0, dot));
    boolean objectCount = name.startsWith("count/");
    Quantity sum = Quantity.ZERO;
    for (KubeObject object : objects) {
      if (!QuotaScopes.matches(quota.at("spec"), resource, object.tree())
          || (!objectCount && resource.equals("pods") && isOverdue(object, now))) {
        continue;
      }
      Quantity one = QuotaUsage.of(counted, object.tree()).get(name);
      if (one != null) {
        sum = sum.plus(one);
      }
    }
    return sum;
  }

  /** A Pod that should long have gone uses nothing: its node is lost. */
  private static boolean isOverdue(KubeObject pod, Instant now) {
    Instant end = Timestamps.parse(pod.deletionTimestamp());
    long grace = pod.at("metadata", "deletionGracePeriodSeconds").asLong();
    return end != null && now.isAfter(end.plusSeconds(grace));
  }
}
