package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Every Pod has a ServiceAccount (by default {@code default}), and, unless the Pod or the account
 * says no, its containers find a token, the cluster's CA and the namespace mounted at {@value
 * #MOUNT_PATH}.
 */
public final class ServiceAccountAdmission implements AdmissionPlugin {

  static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

  private static final String VOLUME_PREFIX = "kube-api-access-";
  private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
  private static final String MIRROR = "kubernetes.io/config.mirror";

  /** Just over an hour, by which kube-apiserver tells a projected token from a requested one. */
  private static final int TOKEN_SECONDS = 3607;

  /** How long a kube-apiserver looks for the account {@code default}: 10 times in 0.9 to 1.8 s. */
  public static final Duration PATIENCE = Duration.ofMillis(1500);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

  private final Supplier<Client> client;
  private final RandomGenerator random;
  private final Duration patience;

  /**
   * @param patience how long a Pod waits for the account {@code default} of its namespace
   */
  public ServiceAccountAdmission(
      Supplier<Client> client, RandomGenerator random, Duration patience) {
    this.client = client;
    this.random = random;
    this.patience = patience;
  }

  @Override
  public String name() {
    return "ServiceAccount";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode pod = AdmissionPlugin.coreObject(attributes, "pods");
    if (attributes.operation() != Operation.CREATE
        || pod == null
        || pod.path("metadata").path("annotations").has(MIRROR)
        || !(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    String name = spec.path("serviceAccountName").asText("");
    if (name.isEmpty()) {
      name = spec.path("serviceAccount").asText("");
    }
    if (name.isEmpty()) {
      name = "default";
    }
    spec.put("serviceAccountName", name);
    spec.put("serviceAccount", name);
    KubeObject account = account(attributes, name);
    if (mounts(spec, account)) {
      mount(spec);
    }
    if (!spec.has("imagePullSecrets") && account.at("imagePullSecrets").size() > 0) {
      spec.set("imagePullSecrets", account.at("imagePullSecrets").deepCopy());
    }
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    ObjectNode pod = AdmissionPlugin.coreObject(attributes, "pods");
    if (pod == null
        || attributes.operation() != Operation.CREATE
        || !(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    if (pod.path("metadata").path("annotations").has(MIRROR)) {
      String why = MountableSecrets.mirrorPod(spec);
      if (!why.isEmpty()) {
        throw StatusException.forbidden("", "pods", attributes.name(), why);
      }
      return;
    }
    KubeObject account = account(attributes, spec.path("serviceAccountName").asText("default"));
    if (MountableSecrets.areLimited(account)) {
      String why = new MountableSecrets(account).refusal(spec);
      if (!why.isEmpty()) {
        throw StatusException.forbidden("", "pods", attributes.name(), why);
      }
    }
  }

  private KubeObject account(AdmissionAttributes attributes, String name) {
    KubeObject account = find(attributes.namespace(), name);
    if (account == null && name.equals("default")) {
      account = awaitDefault(attributes.namespace());
    }
    if (account == null) {
      throw StatusException.forbidden(
          "",
          "pods",
          attributes.name(),
          "error looking up service account "
              + attributes.namespace()
              + "/"
              + name
              + ": serviceaccount \""
              + name
              + "\" not found");
    }
    return account;
  }

  private @Nullable KubeObject find(String namespace, String name) {
    return client.get().find(GroupVersionResource.core("serviceaccounts"), namespace, name);
  }

  /**
   * A controller makes the account {@code default} when it sees a new namespace: a Pod that comes
   * right behind its namespace waits for it, as long as at a kube-apiserver. Null when it does not
   * come.
   */
  private @Nullable KubeObject awaitDefault(String namespace) {
    // Counted as a kube-apiserver does: on a machine that has much to do, the account gets more
    // time as well.
    for (long left = patience.dividedBy(BETWEEN_LOOKS); left > 0; left--) {
      try {
        Thread.sleep(BETWEEN_LOOKS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
      KubeObject account = find(namespace, "default");
      if (account != null) {
        return account;
      }
    }
    return null;
  }

  private static boolean mounts(ObjectNode spec, KubeObject account) {
    if (spec.has("automountServiceAccountToken")) {
      return spec.path("automountServiceAccountToken").asBoolean();
    }
    return account.at("automountServiceAccountToken").asBoolean(true);
  }

  private void mount(ObjectNode spec) {
    String volume = existingVolume(spec);
    boolean made = volume == null;
    String name = volume == null ? VOLUME_PREFIX + suffix() : volume;
    boolean used = false;
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(list)) {
        if (container instanceof ObjectNode object && !hasMount(object)) {
          array(object, "volumeMounts")
              .addObject()
              .put("name", name)
              .put("readOnly", true)
              .put("mountPath", MOUNT_PATH);
          used = true;
        }
      }
    }
    if (used && made) {
      array(spec, "volumes").add(volume(name));
    }
  }

  private static ArrayNode array(ObjectNode object, String field) {
    return object.get(field) instanceof ArrayNode array ? array : object.putArray(field);
  }

  private static @Nullable String existingVolume(ObjectNode spec) {
    for (JsonNode volume : spec.path("volumes")) {
      if (volume.path("name").asText().startsWith(VOLUME_PREFIX)) {
        return volume.path("name").asText();
      }
    }
    return null;
  }

  private static boolean hasMount(ObjectNode container) {
    for (JsonNode mount : container.path("volumeMounts")) {
      if (mount.path("mountPath").asText().equals(MOUNT_PATH)) {
        return true;
      }
    }
    return false;
  }

  private static ObjectNode volume(String name) {
    ObjectNode volume = Json.object().put("name", name);
    ObjectNode projected = volume.putObject("projected");
    ArrayNode sources = projected.putArray("sources");
    sources
        .addObject()
        .putObject("serviceAccountToken")
        .put("expirationSeconds", TOKEN_SECONDS)
        .put("path", "token");
    ObjectNode authority =
        sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
    authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    ObjectNode item =
        sources
            .addObject()
            .putObject("downwardAPI")
            .putArray("items")
            .addObject()
            .put("path", "namespace");
    item.putObject("fieldRef").put("apiVersion", "v1").put("fieldPath", "metadata.namespace");
    projected.put("defaultMode", 0644);
    return volume;
  }

  private String suffix() {
    StringBuilder text = new StringBuilder(5);
    for (int i = 0; i < 5; i++) {
      text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
