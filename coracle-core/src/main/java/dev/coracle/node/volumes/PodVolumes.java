package dev.coracle.node.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.node.downward.DownwardApi;
import dev.coracle.node.volumes.AtomicWriter.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of one Pod. {@link #setUp} may be called again at any time: it writes what changed.
 * Not thread-safe.
 */
public final class PodVolumes {

  private static final long DEFAULT_TOKEN_SECONDS = 3600;

  private final Path directory;
  private final VolumeSource source;
  private final Mounter mounter;
  private final Map<String, Path> paths = new LinkedHashMap<>();
  private final Map<String, AtomicWriter> writers = new HashMap<>();
  private final Map<String, VolumeSource.Token> tokens = new HashMap<>();
  private final Set<String> readOnly = new HashSet<>();
  private @Nullable Instant nextRefresh;

  /**
   * @param directory of the Pod's own
   */
  public PodVolumes(Path directory, VolumeSource source, Mounter mounter) {
    this.directory = directory;
    this.source = source;
    this.mounter = mounter;
  }

  /** Where a volume is; null for an unknown one. */
  public @Nullable Path path(String volume) {
    return paths.get(volume);
  }

  /** Whether nobody may write to a volume, whatever its mounts say. */
  public boolean isReadOnly(String volume) {
    return readOnly.contains(volume);
  }

  /** When a token must be renewed at the latest; null for never. */
  public @Nullable Instant nextRefresh() {
    return nextRefresh;
  }

  /**
   * Makes all volumes, or writes what changed since.
   *
   * @param pod with the addresses in its status as far as they are known
   * @throws VolumeFailure when one cannot be made now
   */
  public void setUp(KubeObject object, JsonNode pod) {
    nextRefresh = null;
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      String name = volume.path("name").asText();
      try {
        paths.put(name, setUp(object, pod, name, volume));
      } catch (IOException | IllegalArgumentException e) {
        throw new VolumeFailure(name, String.valueOf(e.getMessage()));
      }
    }
  }

  private Path setUp(KubeObject object, JsonNode pod, String name, JsonNode volume)
      throws IOException {
    if (volume.has("emptyDir")) {
      return emptyDir(pod, name, volume.path("emptyDir"));
    }
    if (volume.has("hostPath")) {
      return HostPath.of(name, volume.path("hostPath"));
    }
    if (volume.has("persistentVolumeClaim") || volume.has("ephemeral")) {
      Path known = paths.get(name);
      if (known != null) {
        // What is bound stays bound; and a claim that is being deleted does not end the Pod.
        return known;
      }
      ClaimVolume claim = ClaimVolume.of(object, name, source);
      if (claim.readOnly()) {
        readOnly.add(name);
      }
      return claim.path();
    }
    Payload files = new Payload(object, pod, name);
    String plugin;
    if (volume.has("configMap")) {
      plugin = "kubernetes.io~configmap";
      files.mode = volume.path("configMap").path("defaultMode").asInt(0644);
      files.configMap(volume.path("configMap"), "name");
    } else if (volume.has("secret")) {
      plugin = "kubernetes.io~secret";
      files.mode = volume.path("secret").path("defaultMode").asInt(0644);
      files.secret(volume.path("secret"), "secretName");
    } else if (volume.has("downwardAPI")) {
      plugin = "kubernetes.io~downward-api";
      files.mode = volume.path("downwardAPI").path("defaultMode").asInt(0644);
      files.downward(volume.path("downwardAPI"));
    } else if (volume.has("projected")) {
      plugin = "kubernetes.io~projected";
      files.mode = volume.path("projected").path("defaultMode").asInt(0644);
      files.projected(volume.path("projected"));
    } else {
      String kind = "";
      for (Map.Entry<String, JsonNode> field : volume.properties()) {
        kind = field.getKey().equals("name") ? kind : field.getKey();
      }
      throw new VolumeFailure(name, "volumes of type " + kind + " are not supported on this node");
    }
    Path target = directory.resolve("volumes").resolve(plugin).resolve(name);
    AtomicWriter writer = writers.get(name);
    if (writer == null) {
      if (!plugin.equals("kubernetes.io~configmap")) {
        Files.createDirectories(target);
        boolean inMemory = mounter.mountMemory(target, 0);
      }
      writer =
          new AtomicWriter(
              target, pod.path("spec").path("securityContext").path("fsGroup").asLong(-1));
      writers.put(name, writer);
    }
    boolean unused = writer.write(files.content);
    readOnly.add(name);
    return target;
  }

  private Path emptyDir(JsonNode pod, String name, JsonNode emptyDir) throws IOException {
    Path known = paths.get(name);
    if (known != null) {
      return known;
    }
    Path target = directory.resolve("volumes/kubernetes.io~empty-dir").resolve(name);
    boolean fresh = !Files.exists(target);
    Files.createDirectories(target);
    if (emptyDir.path("medium").asText("").equals("Memory")) {
      long limit =
          emptyDir.has("sizeLimit") ? Quantity.of(emptyDir.path("sizeLimit")).longValue() : 0;
      boolean unused = mounter.mountMemory(target, limit);
      fresh = true;
    }
    if (fresh) {
      AtomicWriter.permissions(target, 0777);
      JsonNode group = pod.path("spec").path("securityContext").path("fsGroup");
      if (group.isNumber()) {
        setGroup(target, group.asInt());
      }
    }
    return target;
  }

  private static void setGroup(Path target, int group) {
    try {
      Files.setAttribute(target, "unix:gid", group);
      Files.setAttribute(target, "unix:mode", 02777);
    } catch (IOException | UnsupportedOperationException e) {
      // Without the right to give directories away they stay ours, open to all.
      return;
    }
  }

  /** Gives the memory of memory volumes back; files stay. */
  public void unmount() {
    mounter.unmount(directory);
    paths.clear();
    writers.clear();
  }

  /** Unmounts and deletes everything. */
  public void tearDown() throws IOException {
    mounter.remove(directory);
  }

  /** The files of one volume, being put together. */
  private final class Payload {
    private final Map<String, Content> content = new HashMap<>();
    private final KubeObject object;
    private final JsonNode pod;
    private final String volume;
    private int mode = 0644;

    Payload(KubeObject object, JsonNode pod, String volume) {
      this.object = object;
      this.pod = pod;
      this.volume = volume;
    }

    private void put(String path, byte[] data, JsonNode item) {
      int wanted = item.path("mode").isNumber() ? item.path("mode").asInt() : mode;
      if (pod.path("spec").path("securityContext").path("fsGroup").isNumber()) {
        wanted |= 0040;
      }
      content.put(path, new Content(data, wanted));
    }

    void configMap(JsonNode reference, String nameField) {
      String name = reference.path(nameField).asText("");
      KubeObject map = source.configMap(object.namespace(), name);
      keys("configmap", name, map, reference);
    }

    void secret(JsonNode reference, String nameField) {
      String name = reference.path(nameField).asText("");
      keys("secret", name, source.secret(object.namespace(), name), reference);
    }

    private void keys(String kind, String name, @Nullable KubeObject found, JsonNode reference) {
      boolean optional = reference.path("optional").asBoolean();
      if (found == null) {
        if (optional) {
          return;
        }
        throw new VolumeFailure(volume, kind + " \"" + name + "\" not found");
      }
      Map<String, byte[]> data = new HashMap<>();
      boolean secret = kind.equals("secret");
      found
          .at("data")
          .properties()
          .forEach(
              e ->
                  data.put(
                      e.getKey(),
                      secret
                          ? Base64.getDecoder().decode(e.getValue().asText())
                          : e.getValue().asText().getBytes(StandardCharsets.UTF_8)));
      found
          .at("binaryData")
          .properties()
          .forEach(e -> data.put(e.getKey(), Base64.getDecoder().decode(e.getValue().asText())));
      JsonNode items = reference.path("items");
      if (items.isEmpty()) {
        data.forEach((key, bytes) -> put(key, bytes, reference.path("none")));
        return;
      }
      for (JsonNode item : items) {
        byte[] bytes = data.get(item.path("key").asText());
        if (bytes != null) {
          put(item.path("path").asText(), bytes, item);
        } else if (!optional) {
          throw new VolumeFailure(
              volume, "references non-existent " + kind + " key: " + item.path("key").asText());
        }
      }
    }

    void downward(JsonNode reference) {
      for (JsonNode item : reference.path("items")) {
        JsonNode resource = item.path("resourceFieldRef");
        String value =
            resource.isObject()
                ? DownwardApi.resource(
                    DownwardApi.container(pod, resource.path("containerName").asText()),
                    resource.path("resource").asText(),
                    resource.path("divisor"),
                    DownwardApi.limits(pod, source.allocatable()))
                : DownwardApi.field(pod, item.path("fieldRef").path("fieldPath").asText());
        put(item.path("path").asText(), value.getBytes(StandardCharsets.UTF_8), item);
      }
    }

    void projected(JsonNode projected) {
      int index = 0;
      for (JsonNode part : projected.path("sources")) {
        if (part.has("configMap")) {
          configMap(part.path("configMap"), "name");
        } else if (part.has("secret")) {
          secret(part.path("secret"), "name");
        } else if (part.has("downwardAPI")) {
          downward(part.path("downwardAPI"));
        } else if (part.has("serviceAccountToken")) {
          token(part.path("serviceAccountToken"), volume + "/" + index);
        } else {
          throw new VolumeFailure(
              volume,
              "projected sources of type clusterTrustBundle are not supported on this node");
        }
        index++;
      }
    }

    private void token(JsonNode reference, String key) {
      VolumeSource.Token token = tokens.get(key);
      Instant now = source.now();
      if (token == null || !now.isBefore(renewal(token))) {
        token =
            source.token(
                object,
                reference.path("audience").asText(""),
                reference.path("expirationSeconds").asLong(DEFAULT_TOKEN_SECONDS));
        tokens.put(key, token);
      }
      Instant renew = renewal(token);
      if (nextRefresh == null || renew.isBefore(nextRefresh)) {
        nextRefresh = renew;
      }
      byte[] data = token.token().getBytes(StandardCharsets.UTF_8);
      boolean forGroup = pod.path("spec").path("securityContext").path("fsGroup").isNumber();
      long user = soleUser(pod.path("spec"));
      int wanted = forGroup ? 0640 : user >= 0 ? 0600 : mode;
      content.put(reference.path("path").asText(), new Content(data, wanted, user));
    }
  }

  /**
   * Whom all containers of a Pod run as, who then is the only one to read its tokens (KEP-1205); -1
   * when one does not say or they differ.
   */
  private static long soleUser(JsonNode spec) {
    long everybody = spec.path("securityContext").path("runAsUser").asLong(-1);
    long sole = -1;
    for (String kind : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(kind)) {
        long user = container.path("securityContext").path("runAsUser").asLong(everybody);
        if (user < 0 || sole >= 0 && user != sole) {
          return -1;
        }
        sole = user;
      }
    }
    return sole;
  }

  /** 80 % of its life. */
  private static Instant renewal(VolumeSource.Token token) {
    Duration life = Duration.between(token.issued(), token.expires());
    return token.issued().plus(life.multipliedBy(8).dividedBy(10));
  }
}
