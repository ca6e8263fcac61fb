package dev.coracle.schema.validation.storage;

import dev.coracle.api.Names;
import dev.coracle.api.Quantity;
import dev.coracle.schema.validation.field.Field;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** References of the Downward API: which fields and resources a variable or a file may name. */
public final class DownwardValidation {

  /** Legal in variables, besides labels and annotations by key; sorted as messages name them. */
  public static final List<String> VARIABLE_FIELDS =
      List.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");

  /** Legal in volumes, besides labels and annotations by key. */
  static final List<String> VOLUME_FIELDS =
      List.of(
          "metadata.annotations",
          "metadata.labels",
          "metadata.name",
          "metadata.namespace",
          "metadata.uid");

  private static final Set<String> KNOWN_FIELDS =
      Set.of(
          "metadata.annotations",
          "metadata.labels",
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.restartPolicy",
          "spec.serviceAccountName",
          "spec.schedulerName",
          "status.phase",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");

  private static final List<String> RESOURCES =
      List.of(
          "limits.cpu",
          "limits.ephemeral-storage",
          "limits.memory",
          "requests.cpu",
          "requests.ephemeral-storage",
          "requests.memory");

  private static final Set<String> BYTES =
      Set.of("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei");

  private DownwardValidation() {}

  public static void field(Field reference, List<String> legal) {
    Field version = reference.child("apiVersion");
    Field fieldPath = reference.child("fieldPath");
    if (!version.needed() || !fieldPath.needed()) {
      return;
    }
    String label = fieldPath.text();
    if (!version.text().equals("v1")) {
      fieldPath.invalid("error converting fieldPath: unsupported pod version: " + version.text());
      return;
    }
    int bracket = label.indexOf("['");
    if (label.endsWith("']") && bracket > 0) {
      String path = label.substring(0, bracket);
      String subscript = label.substring(bracket + 2, label.length() - 2);
      switch (path) {
        case "metadata.labels" -> subscript(reference, subscript, subscript);
        case "metadata.annotations" ->
            subscript(reference, subscript, subscript.toLowerCase(Locale.ROOT));
        default ->
            fieldPath.invalid(
                "error converting fieldPath: field label does not support subscript: " + label);
      }
      return;
    }
    String path = label.equals("spec.host") ? "spec.nodeName" : label;
    if (!KNOWN_FIELDS.contains(path)) {
      fieldPath.invalid("error converting fieldPath: field label not supported: " + label);
    } else if (!legal.contains(path)) {
      fieldPath.errors().notSupported(fieldPath.path(), path, legal);
    }
  }

  private static void subscript(Field reference, String shown, String key) {
    reference.errors().invalid(reference.path(), shown, Names.qualifiedName(key));
  }

  public static void resource(Field reference, boolean volume) {
    Field resource = reference.child("resource");
    String name = resource.text();
    boolean huge = name.startsWith("requests.hugepages-") || name.startsWith("limits.hugepages-");
    if (volume && reference.text("containerName").isEmpty()) {
      reference.child("containerName").required("");
    } else if (name.isEmpty()) {
      resource.required("");
    } else if (!RESOURCES.contains(name) && !huge) {
      resource.errors().notSupported(resource.path(), name, RESOURCES);
    }
    divisor(reference.child("divisor"), name, huge);
  }

  private static void divisor(Field divisor, String resource, boolean huge) {
    Quantity quantity = divisor.quantity();
    if (quantity == null || quantity.signum() == 0) {
      return;
    }
    String text = quantity.toString();
    if (resource.endsWith(".cpu")) {
      if (!text.equals("1m") && !text.equals("1")) {
        divisor
            .errors()
            .invalid(
                divisor.path(),
                resource,
                "only divisor's values 1m and 1 are supported with the cpu resource");
      }
      return;
    }
    String kind =
        resource.endsWith(".memory")
            ? "memory"
            : resource.endsWith(".ephemeral-storage")
                ? "local ephemeral storage"
                : huge ? "hugepages" : "";
    if (!kind.isEmpty() && !BYTES.contains(text)) {
      divisor
          .errors()
          .invalid(
              divisor.path(),
              resource,
              "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are"
                  + " supported with the "
                  + kind
                  + " resource");
    }
  }

  /** The files of a {@code downwardAPI} source; Kubernetes gives their errors no index. */
  static void files(Field source) {
    for (Field item : source.child("items").items()) {
      Field flat = item.at(source.path());
      Field path = flat.child("path");
      if (path.needed()) {
        VolumeValidation.relativePath(path, true);
      }
      boolean field = item.has("fieldRef");
      boolean resource = item.has("resourceFieldRef");
      if (field) {
        field(flat.child("fieldRef"), VOLUME_FIELDS);
        if (resource) {
          source
              .errors()
              .invalid(
                  source.path(),
                  "resource",
                  "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
      } else if (resource) {
        resource(flat.child("resourceFieldRef"), true);
      } else {
        source.required("one of fieldRef and resourceFieldRef is required");
      }
      VolumeValidation.mode(flat.child("mode"));
    }
  }
}
