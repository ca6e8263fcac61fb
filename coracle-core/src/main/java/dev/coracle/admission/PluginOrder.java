package dev.coracle.admission;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which plugins decide, and in which order: Kubernetes' recommended order, the ones that are on by
 * default, and what {@code --enable-admission-plugins} and {@code --disable-admission-plugins} make
 * of it.
 */
public final class PluginOrder {

  /** All names that a v1.36 kube-apiserver knows, in its order. */
  private static final List<String> ORDER =
      List.of(
          "AlwaysAdmit",
          "NamespaceAutoProvision",
          "NamespaceLifecycle",
          "NamespaceExists",
          "LimitPodHardAntiAffinityTopology",
          "LimitRanger",
          "ServiceAccount",
          "NodeRestriction",
          "TaintNodesByCondition",
          "AlwaysPullImages",
          "ImagePolicyWebhook",
          "PodSecurity",
          "PodNodeSelector",
          "Priority",
          "DefaultTolerationSeconds",
          "PodTolerationRestriction",
          "EventRateLimit",
          "ExtendedResourceToleration",
          "DefaultStorageClass",
          "StorageObjectInUseProtection",
          "OwnerReferencesPermissionEnforcement",
          "PersistentVolumeClaimResize",
          "RuntimeClass",
          "CertificateApproval",
          "CertificateSigning",
          "ClusterTrustBundleAttest",
          "CertificateSubjectRestriction",
          "DefaultIngressClass",
          "PodTopologyLabels",
          "MutatingAdmissionPolicy",
          "MutatingAdmissionWebhook",
          "ValidatingAdmissionPolicy",
          "ValidatingAdmissionWebhook",
          "ResourceQuota",
          "AlwaysDeny");

  private static final Set<String> OFF =
      Set.of(
          "AlwaysAdmit",
          "NamespaceAutoProvision",
          "NamespaceExists",
          "LimitPodHardAntiAffinityTopology",
          "AlwaysPullImages",
          "ImagePolicyWebhook",
          "PodNodeSelector",
          "PodTolerationRestriction",
          "EventRateLimit",
          "ExtendedResourceToleration",
          "OwnerReferencesPermissionEnforcement",
          "AlwaysDeny");

  /** Known to Kubernetes, not built here. */
  private static final Set<String> NOT_BUILT =
      Set.of("ImagePolicyWebhook", "PodNodeSelector", "PodTolerationRestriction", "EventRateLimit");

  private PluginOrder() {}

  /**
   * @param enabled names that are on in addition
   * @param disabled names that are off
   * @throws IllegalArgumentException for a name that means nothing, in kube-apiserver's words
   */
  public static Set<String> chosen(List<String> enabled, List<String> disabled) {
    List<String> problems = new ArrayList<>();
    for (String name : enabled) {
      if (!ORDER.contains(name)) {
        problems.add("enable-admission-plugins plugin \"" + name + "\" is unknown");
      } else if (NOT_BUILT.contains(name)) {
        problems.add("enable-admission-plugins plugin \"" + name + "\" is not built here");
      }
    }
    for (String name : disabled) {
      if (!ORDER.contains(name)) {
        problems.add("disable-admission-plugins plugin \"" + name + "\" is unknown");
      } else if (enabled.contains(name)) {
        problems.add(
            name + " in enable-admission-plugins and disable-admission-plugins overlapped");
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(", ", problems));
    }
    Set<String> chosen = new LinkedHashSet<>();
    for (String name : ORDER) {
      if (!disabled.contains(name) && (enabled.contains(name) || !OFF.contains(name))) {
        chosen.add(name);
      }
    }
    return chosen;
  }

  /** Those of the plugins that are chosen, in order; others than Kubernetes' own stay first. */
  public static List<AdmissionPlugin> arranged(List<AdmissionPlugin> plugins, Set<String> chosen) {
    List<AdmissionPlugin> arranged = new ArrayList<>();
    for (AdmissionPlugin plugin : plugins) {
      if (!ORDER.contains(plugin.name())) {
        arranged.add(plugin);
      }
    }
    for (String name : ORDER) {
      for (AdmissionPlugin plugin : plugins) {
        if (plugin.name().equals(name) && chosen.contains(name)) {
          arranged.add(plugin);
        }
      }
    }
    return arranged;
  }
}
