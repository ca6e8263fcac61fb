package dev.coracle.schema.validation.storage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.schema.validation.field.Field;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Volumes of Pods. */
public final class VolumeValidation {

  /** In the order in which a second source is noticed. */
  private static final String[] SOURCES = {
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image"
  };

  private static final String MODE = "must be a number between 0 and 0777 (octal), both inclusive";

  private VolumeValidation() {}

  /** Checks them all and gives them by name. */
  public static Map<String, JsonNode> validate(Field volumes) {
    Map<String, JsonNode> known = new HashMap<>();
    for (Field volume : volumes.items()) {
      Field name = volume.child("name");
      if (name.needed()) {
        name.dnsLabel();
        if (known.put(name.text(), volume.json()) != null) {
          name.duplicate();
        }
      }
      source(volume);
    }
    return known;
  }

  private static void source(Field volume) {
    int count = 0;
    for (String name : SOURCES) {
      if (!volume.has(name)) {
        continue;
      }
      Field source = volume.child(name);
      if (count++ > 0) {
        source.forbidden("may not specify more than 1 volume type");
        continue;
      }
      switch (name) {
        case "emptyDir" -> {
          Quantity limit = source.child("sizeLimit").quantity();
          if (limit != null && limit.signum() < 0) {
            source
                .child("sizeLimit")
                .forbidden("SizeLimit field must be a valid resource quantity");
          }
        }
        case "secret" -> {
          source.child("secretName").needed();
          files(source);
        }
        case "configMap" -> {
          source.child("name").needed();
          files(source);
        }
        case "downwardAPI" -> {
          mode(source.child("defaultMode"));
          DownwardValidation.files(source);
        }
        case "projected" -> projected(source);
        case "persistentVolumeClaim" -> source.child("claimName").needed();
        case "ephemeral" -> {
          Field template = source.child("volumeClaimTemplate");
          if (!template.present()) {
            template.required("");
          } else {
            ClaimValidation.spec(template.child("spec"));
          }
        }
        case "image" -> {
          source.child("reference").needed();
          source.child("pullPolicy").oneOf("Always", "IfNotPresent", "Never");
        }
        default -> SourceValidation.validate(name, source, false);
      }
    }
    if (count == 0) {
      volume.required("must specify a volume type");
    }
  }

  private static void files(Field source) {
    mode(source.child("defaultMode"));
    items(source.child("items"));
  }

  private static void items(Field items) {
    for (Field item : items.items()) {
      item.child("key").needed();
      Field path = item.child("path");
      if (path.needed()) {
        relativePath(path, true);
      }
      mode(item.child("mode"));
    }
  }

  static void mode(Field mode) {
    if (mode.present() && (mode.number() < 0 || mode.number() > 0777)) {
      mode.invalid(MODE);
    }
  }

  private static void projected(Field projected) {
    mode(projected.child("defaultMode"));
    Set<String> paths = new HashSet<>();
    for (Field source : projected.child("sources").items()) {
      int count = 0;
      for (String name :
          new String[] {
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate"
          }) {
        if (!source.has(name)) {
          continue;
        }
        Field part = source.child(name);
        if (count++ > 0) {
          part.forbidden("may not specify more than 1 volume type");
          continue;
        }
        switch (name) {
          case "secret", "configMap" -> {
            part.child("name").needed();
            items(part.child("items"));
            for (Field item : part.child("items").items()) {
              conflict(paths, item, projected, part.text("name"));
            }
          }
          case "downwardAPI" -> {
            DownwardValidation.files(part);
            for (Field item : part.child("items").items()) {
              conflict(paths, item, projected, item.text("path"));
            }
          }
          case "serviceAccountToken" -> {
            token(part);
            conflict(paths, part, projected, part.text("path"));
          }
          default -> {}
        }
      }
    }
  }

  private static void conflict(Set<String> paths, Field holder, Field projected, String shown) {
    String path = holder.text("path");
    if (!path.isEmpty() && !paths.add(path)) {
      projected.errors().invalid(projected.path(), shown, "conflicting duplicate paths");
    }
  }

  private static void token(Field token) {
    Field seconds = token.child("expirationSeconds");
    if (seconds.present() && seconds.number() < 600) {
      seconds.invalid("may not specify a duration less than 10 minutes");
    }
    if (seconds.number() > 1L << 32) {
      seconds.invalid("may not specify a duration larger than 2^32 seconds");
    }
    Field path = token.child("path");
    if (path.needed()) {
      relativePath(path, true);
    }
  }

  /**
   * A path below some directory.
   *
   * @param plain whether it must also not start with two dots, which atomic writers keep for
   *     themselves
   */
  public static void relativePath(Field path, boolean plain) {
    if (path.text().startsWith("/")) {
      path.invalid("must be a relative path");
    }
    boolean backsteps = noBacksteps(path);
    if (plain && !backsteps && path.text().startsWith("..")) {
      path.invalid("must not start with '..'");
    }
  }

  /** Tells whether the path has a {@code ..} element, which is an error. */
  public static boolean noBacksteps(Field path) {
    for (String part : path.text().split("/", -1)) {
      if (part.equals("..")) {
        path.invalid("must not contain '..'");
        return true;
      }
    }
    return false;
  }
}
