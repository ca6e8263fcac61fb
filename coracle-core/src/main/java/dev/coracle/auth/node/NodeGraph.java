package dev.coracle.auth.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.FieldSelector;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.client.PodReferences;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Whether an object has to do with a node: through a Pod that is bound to it. It is asked anew at
 * every question, of the API server's own cache, so that a Pod's deletion ends the node's rights at
 * once; only what a Pod refers to is remembered, for as long as the Pod does not change.
 */
final class NodeGraph {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource CLAIMS =
      GroupVersionResource.core("persistentvolumeclaims");
  private static final GroupVersionResource VOLUMES =
      GroupVersionResource.core("persistentvolumes");
  private static final GroupVersionResource ATTACHMENTS =
      GroupVersionResource.of("storage.k8s.io", "v1", "volumeattachments");
  private static final GroupVersionResource SLICES =
      GroupVersionResource.of("resource.k8s.io", "v1", "resourceslices");

  private static final String MIRROR = "kubernetes.io/config.mirror";
  private static final int REMEMBERED = 1024;

  /** What a Pod leads to, by name, in its own namespace. */
  private record References(
      String account,
      Set<String> secrets,
      Set<String> configMaps,
      Set<String> claims,
      Set<String> resourceClaims) {

    static final References NONE = new References("", Set.of(), Set.of(), Set.of(), Set.of());

    static References of(KubeObject pod) {
      JsonNode tree = pod.tree();
      if (tree.path("metadata").path("annotations").has(MIRROR)) {
        // The node itself wrote it: it must not gain rights by that.
        return NONE;
      }
      return new References(
          tree.path("spec").path("serviceAccountName").asText(""),
          PodReferences.secrets(tree),
          PodReferences.configMaps(tree),
          PodReferences.claims(tree),
          PodReferences.resourceClaims(tree));
    }
  }

  private record Known(long resourceVersion, References references) {}

  private final Supplier<Client> client;
  private final Map<String, Known> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  NodeGraph(Supplier<Client> client) {
    this.client = client;
  }

  boolean hasPod(String node, String namespace, String name) {
    KubeObject pod = client.get().find(PODS, namespace, name);
    return pod != null && pod.text("spec", "nodeName").equals(node);
  }

  boolean hasServiceAccount(String node, String namespace, String name) {
    return anyPod(node, namespace, references -> references.account().equals(name));
  }

  boolean hasConfigMap(String node, String namespace, String name) {
    return anyPod(node, namespace, references -> references.configMaps().contains(name));
  }

  boolean hasClaim(String node, String namespace, String name) {
    return anyPod(node, namespace, references -> references.claims().contains(name));
  }

  boolean hasResourceClaim(String node, String namespace, String name) {
    return anyPod(node, namespace, references -> references.resourceClaims().contains(name));
  }

  boolean hasVolume(String node, String name) {
    KubeObject volume = client.get().find(VOLUMES, "", name);
    return volume != null && isClaimed(node, volume);
  }

  /** Of a Pod itself, or of a volume that one of its claims is bound to. */
  boolean hasSecret(String node, String namespace, String name) {
    if (anyPod(node, namespace, references -> references.secrets().contains(name))) {
      return true;
    }
    for (KubeObject volume : client.get().list(VOLUMES, "", ListOptions.ALL).items()) {
      if (secretsOf(volume, namespace).contains(name) && isClaimed(node, volume)) {
        return true;
      }
    }
    return false;
  }

  boolean hasAttachment(String node, String name) {
    KubeObject attachment = client.get().find(ATTACHMENTS, "", name);
    return attachment != null && attachment.text("spec", "nodeName").equals(node);
  }

  boolean hasSlice(String node, String name) {
    KubeObject slice = client.get().find(SLICES, "", name);
    return slice != null && slice.text("spec", "nodeName").equals(node);
  }

  private boolean isClaimed(String node, KubeObject volume) {
    String namespace = volume.text("spec", "claimRef", "namespace");
    String claim = volume.text("spec", "claimRef", "name");
    if (claim.isEmpty() || !hasClaim(node, namespace, claim)) {
      return false;
    }
    KubeObject found = client.get().find(CLAIMS, namespace, claim);
    String uid = volume.text("spec", "claimRef", "uid");
    return found != null && (uid.isEmpty() || uid.equals(found.uid()));
  }

  /** The secrets of one namespace that a kubelet needs to mount a volume. */
  private static Set<String> secretsOf(KubeObject volume, String namespace) {
    JsonNode spec = volume.tree().path("spec");
    String claimed = spec.path("claimRef").path("namespace").asText("");
    Set<String> names = new java.util.HashSet<>();
    JsonNode azure = spec.path("azureFile");
    add(names, azure.path("secretName"), azure.path("secretNamespace").asText(claimed), namespace);
    for (String kind :
        new String[] {"cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"}) {
      reference(names, spec.path(kind).path("secretRef"), claimed, namespace);
    }
    JsonNode csi = spec.path("csi");
    for (String use :
        new String[] {"nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"}) {
      reference(names, csi.path(use), claimed, namespace);
    }
    return names;
  }

  private static void reference(
      Set<String> names, JsonNode reference, String claimed, String namespace) {
    add(names, reference.path("name"), reference.path("namespace").asText(claimed), namespace);
  }

  private static void add(Set<String> names, JsonNode name, String of, String namespace) {
    if (name.isTextual() && of.equals(namespace)) {
      names.add(name.asText());
    }
  }

  private boolean anyPod(
      String node, String namespace, java.util.function.Predicate<References> wanted) {
    ListOptions bound =
        ListOptions.ALL.withFieldSelector(
            new FieldSelector.Term("spec.nodeName", true, node).toString());
    for (KubeObject pod : client.get().list(PODS, namespace, bound).items()) {
      if (wanted.test(references(pod))) {
        return true;
      }
    }
    return false;
  }

  private References references(KubeObject pod) {
    synchronized (known) {
      Known before = known.get(pod.uid());
      if (before != null && before.resourceVersion() == pod.resourceVersion()) {
        return before.references();
      }
    }
    References references = References.of(pod);
    synchronized (known) {
      known.put(pod.uid(), new Known(pod.resourceVersion(), references));
    }
    return references;
  }
}
