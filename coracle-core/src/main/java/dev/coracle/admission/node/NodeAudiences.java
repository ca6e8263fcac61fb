package dev.coracle.admission.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * For which audiences a node may ask for a Pod's token: those that the Pod's volumes name, or the
 * CSI drivers of its volumes, or that somebody lets it have by the verb {@code
 * request-serviceaccounts-token-audience} (KEP-4412, on by default since v1.33).
 */
public final class NodeAudiences {

  /** Whether a user may use that verb for an audience and a ServiceAccount. */
  public interface Grants {
    boolean allow(UserInfo user, String audience, String namespace, String serviceAccount);
  }

  private static final GroupVersionResource DRIVERS =
      GroupVersionResource.of("storage.k8s.io", "v1", "csidrivers");

  private final Supplier<Client> client;
  private final Grants grants;

  /**
   * @param client the API as the API server itself
   */
  public NodeAudiences(Supplier<Client> client, Grants grants) {
    this.client = client;
    this.grants = grants;
  }

  /** Why not, or null when it may. */
  @Nullable String refusal(
      UserInfo user, String namespace, String account, KubeObject pod, JsonNode audiences) {
    if (audiences.size() > 1) {
      return "node may only request 0 or 1 audiences";
    }
    String audience = audiences.path(0).asText("");
    if (ofPod(pod).contains(audience)) {
      return null;
    }
    if (grants.allow(user, audience, namespace, account)) {
      return null;
    }
    return "audience "
        + quoted(audience)
        + " not found in pod spec volume, "
        + user.name()
        + " is not authorized to request tokens for this audience";
  }

  private Set<String> ofPod(KubeObject pod) {
    Set<String> audiences = new HashSet<>();
    for (JsonNode volume : pod.tree().path("spec").path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.path("serviceAccountToken").isObject()) {
          audiences.add(source.path("serviceAccountToken").path("audience").asText(""));
        }
      }
      addDriver(audiences, volume.path("csi").path("driver").asText(""));
      String claim = volume.path("persistentVolumeClaim").path("claimName").asText("");
      if (volume.path("ephemeral").isObject()) {
        claim = pod.name() + "-" + volume.path("name").asText("");
      }
      if (!claim.isEmpty()) {
        addClaim(audiences, pod.namespace(), claim);
      }
    }
    return audiences;
  }

  private void addClaim(Set<String> audiences, String namespace, String name) {
    KubeObject claim =
        client.get().find(GroupVersionResource.core("persistentvolumeclaims"), namespace, name);
    String volumeName = claim == null ? "" : claim.text("spec", "volumeName");
    KubeObject volume =
        volumeName.isEmpty()
            ? null
            : client.get().find(GroupVersionResource.core("persistentvolumes"), "", volumeName);
    if (volume != null) {
      addDriver(audiences, volume.text("spec", "csi", "driver"));
    }
  }

  private void addDriver(Set<String> audiences, String name) {
    KubeObject driver = name.isEmpty() ? null : client.get().find(DRIVERS, "", name);
    if (driver != null) {
      for (JsonNode request : driver.at("spec", "tokenRequests")) {
        audiences.add(request.path("audience").asText(""));
      }
    }
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }
}
