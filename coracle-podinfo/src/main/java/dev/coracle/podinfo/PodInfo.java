package dev.coracle.podinfo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the Pod tells the application in it: Downward API variables and volume files, and the
 * ServiceAccount's namespace, token and CA. Every read is of the newest state; nothing is cached.
 *
 * <p>Volumes are swapped whole by the kubelet, so a file is read either before or after a change.
 *
 * <p>Thread-safe.
 */
public final class PodInfo {

  /** Where a kubelet mounts the ServiceAccount. */
  public static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /** Where the examples of the Kubernetes documentation mount the Downward API. */
  public static final Path DOWNWARD_API = Path.of("/etc/podinfo");

  private final Map<String, String> environment;
  private final Path downwardApi;
  private final Path serviceAccount;

  private PodInfo(Map<String, String> environment, Path downwardApi, Path serviceAccount) {
    this.environment = Map.copyOf(environment);
    this.downwardApi = downwardApi;
    this.serviceAccount = serviceAccount;
  }

  /** This process's Pod, with the usual paths. */
  public static PodInfo ofThisPod() {
    return new PodInfo(System.getenv(), DOWNWARD_API, SERVICE_ACCOUNT);
  }

  /**
   * @param environment the process's variables
   * @param downwardApi where the {@code downwardAPI} volume is mounted
   * @param serviceAccount where the ServiceAccount is mounted
   */
  public static PodInfo of(Map<String, String> environment, Path downwardApi, Path serviceAccount) {
    return new PodInfo(environment, downwardApi, serviceAccount);
  }

  /** The same Pod with its Downward API volume somewhere else. */
  public PodInfo withDownwardApi(Path mountPath) {
    return new PodInfo(environment, mountPath, serviceAccount);
  }

  /** Whether this looks like a Pod at all: a ServiceAccount or the Service variables are there. */
  public boolean isInPod() {
    return Files.isReadable(serviceAccount.resolve("token"))
        || environment.containsKey("KUBERNETES_SERVICE_HOST");
  }

  /**
   * A variable that the manifest sets from a field.
   *
   * @param name of the variable
   * @param fieldPath which field it is meant to hold, for the message when it is missing
   * @throws PodInfoException when it is not set
   */
  public String variable(String name, String fieldPath) {
    String value = environment.get(name);
    if (value == null) {
      throw new PodInfoException(
          "the variable "
              + name
              + " is not set; add to the container in the manifest:\n"
              + "  env:\n  - name: "
              + name
              + "\n    valueFrom:\n      fieldRef:\n        fieldPath: "
              + fieldPath);
    }
    return value;
  }

  /**
   * A variable that the manifest sets from a resource.
   *
   * @param name of the variable
   * @param resource such as {@code limits.memory}
   * @param divisor as in the manifest; {@code 1} is its default
   * @throws PodInfoException when it is not set or not a number
   */
  public ResourceQuantity resourceVariable(String name, String resource, String divisor) {
    String value = environment.get(name);
    if (value == null) {
      throw new PodInfoException(
          "the variable "
              + name
              + " is not set; add to the container in the manifest:\n"
              + "  env:\n  - name: "
              + name
              + "\n    valueFrom:\n      resourceFieldRef:\n        resource: "
              + resource
              + "\n        divisor: \""
              + divisor
              + "\"");
    }
    return quantity(value, divisor, "the variable " + name);
  }

  /** The Pod's name: the variable POD_NAME, else the host name, which is the same in most Pods. */
  public String name() {
    String name = environment.get("POD_NAME");
    if (name == null) {
      name = environment.get("HOSTNAME");
    }
    return name == null ? variable("POD_NAME", "metadata.name") : name;
  }

  /**
   * The Pod's namespace: the ServiceAccount's file, else the variable POD_NAMESPACE.
   *
   * @throws PodInfoException when neither is there
   */
  public String namespace() {
    Path file = serviceAccount.resolve("namespace");
    if (Files.isReadable(file)) {
      return read(file, "").strip();
    }
    return variable("POD_NAMESPACE", "metadata.namespace");
  }

  /**
   * The ServiceAccount's token as it is now; it changes about once an hour.
   *
   * @throws PodInfoException when the Pod has none
   */
  public String token() {
    return read(serviceAccount.resolve("token"), accountHint()).strip();
  }

  /**
   * The certificates that the API server is to be trusted by, PEM.
   *
   * @throws PodInfoException when the Pod has none
   */
  public String certificateAuthority() {
    return read(serviceAccount.resolve("ca.crt"), accountHint());
  }

  private static String accountHint() {
    return "is missing; the Pod or its ServiceAccount says automountServiceAccountToken: false."
        + " Set in the manifest:\n  spec:\n    automountServiceAccountToken: true";
  }

  /**
   * The Pod's labels as they are now.
   *
   * @throws PodInfoException when the volume has no file {@code labels}
   */
  public Map<String, String> labels() {
    return map("labels", "metadata.labels");
  }

  /**
   * The Pod's annotations as they are now.
   *
   * @throws PodInfoException when the volume has no file {@code annotations}
   */
  public Map<String, String> annotations() {
    return map("annotations", "metadata.annotations");
  }

  private Map<String, String> map(String file, String fieldPath) {
    Path path = downwardApi.resolve(file);
    try {
      return KeyValueFile.parse(read(path, fileHint(file, fieldPath)));
    } catch (IllegalArgumentException e) {
      throw new PodInfoException(path + " can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * A file of the Downward API volume.
   *
   * @param file its {@code path} in the manifest
   * @param fieldPath which field it is meant to hold, for the message when it is missing
   */
  public String file(String file, String fieldPath) {
    return read(downwardApi.resolve(file), fileHint(file, fieldPath));
  }

  /**
   * A resource in a file of the Downward API volume.
   *
   * @param divisor as in the manifest
   */
  public ResourceQuantity resourceFile(String file, String resource, String divisor) {
    String hint =
        "is missing; add to the volume in the manifest:\n  downwardAPI:\n    items:\n    - path: "
            + file
            + "\n      resourceFieldRef:\n        containerName: CONTAINER\n        resource: "
            + resource
            + "\n        divisor: \""
            + divisor
            + "\"";
    Path path = downwardApi.resolve(file);
    return quantity(read(path, hint).strip(), divisor, path.toString());
  }

  private static ResourceQuantity quantity(String value, String divisor, String where) {
    try {
      return ResourceQuantity.of(Long.parseLong(value.strip()), divisor);
    } catch (NumberFormatException e) {
      throw new PodInfoException(where + " is not a whole number: " + value, e);
    }
  }

  private String fileHint(String file, String fieldPath) {
    return "is missing; add to the manifest:\n  volumes:\n  - name: podinfo\n    downwardAPI:\n"
        + "      items:\n      - path: "
        + file
        + "\n        fieldRef:\n          fieldPath: "
        + fieldPath
        + "\nand to the container:\n  volumeMounts:\n  - name: podinfo\n    mountPath: "
        + downwardApi;
  }

  private static String read(Path file, String hint) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new PodInfoException(file + " " + hint, e);
    } catch (IOException e) {
      throw new PodInfoException(file + " can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * Tells of every change of the Downward API volume, after the swap, with this object. Changes
   * that come close together may be told once.
   *
   * @throws PodInfoException when the volume is not there
   */
  public Subscription onChange(Consumer<PodInfo> listener) {
    return watch(downwardApi, () -> listener.accept(this));
  }

  /**
   * Tells of every new token or CA.
   *
   * @throws PodInfoException when the ServiceAccount is not mounted
   */
  public Subscription onServiceAccountChange(Consumer<PodInfo> listener) {
    return watch(serviceAccount, () -> listener.accept(this));
  }

  private static Subscription watch(Path directory, Runnable changed) {
    if (!Files.isDirectory(directory)) {
      throw new PodInfoException(directory + " is not mounted in this Pod");
    }
    try {
      return VolumeWatch.start(directory, changed);
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " can't be watched", e);
    }
  }

  /** The variable's value, if it is set. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name));
  }

  Path serviceAccount() {
    return serviceAccount;
  }

  /** Ends a subscription. */
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
