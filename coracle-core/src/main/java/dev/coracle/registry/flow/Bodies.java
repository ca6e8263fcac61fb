package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.registry.Meta;
import java.util.List;

/** Whether a body is of the kind, namespace and name that the path says. */
public final class Bodies {

  private Bodies() {}

  /**
   * Refuses a configuration to apply that says something twice, or warns.
   *
   * @param applied YAML or JSON; what is neither is somebody else's to refuse
   * @throws StatusException 400 when it should be strict
   */
  public static void keysOnce(byte[] applied, String fieldValidation, List<String> warnings) {
    if (fieldValidation.equals("Ignore")) {
      return;
    }
    List<String> duplicates;
    try {
      duplicates = Yaml.duplicateKeys(applied);
    } catch (IllegalArgumentException unreadable) {
      return;
    }
    if (duplicates.isEmpty()) {
      return;
    }
    String problem =
        "error converting YAML to JSON: yaml: unmarshal errors:\n  "
            + String.join("\n  ", duplicates);
    if (fieldValidation.equals("Strict")) {
      throw StatusException.badRequest("error strict decoding YAML: " + problem);
    }
    warnings.add(problem);
  }

  /** Checks or fills in apiVersion and kind. */
  public static void kind(ObjectNode body, GroupVersionKind expected) {
    String apiVersion = Meta.text(body, "apiVersion");
    String kind = Meta.text(body, "kind");
    if (apiVersion.isEmpty()) {
      body.put("apiVersion", expected.apiVersion());
    } else if (!apiVersion.equals(expected.apiVersion())) {
      throw StatusException.badRequest(
          "the API version in the data ("
              + apiVersion
              + ") does not match the expected API version ("
              + expected.apiVersion()
              + ")");
    }
    if (kind.isEmpty()) {
      body.put("kind", expected.kind());
    } else if (!kind.equals(expected.kind())) {
      throw StatusException.badRequest(
          expected.kind()
              + " in version \""
              + expected.version()
              + "\" cannot be handled as a "
              + expected.kind()
              + ": converting ("
              + kind
              + ") to ("
              + expected.kind()
              + "): unknown conversion");
    }
  }

  /** Checks or fills in the namespace; a cluster-scoped object loses what it says of one. */
  static void namespace(ObjectNode body, String namespace) {
    ObjectNode metadata = Meta.of(body);
    String said = Meta.text(metadata, "namespace");
    if (namespace.isEmpty()) {
      metadata.remove("namespace");
    } else if (said.isEmpty()) {
      metadata.put("namespace", namespace);
    } else if (!said.equals(namespace)) {
      throw StatusException.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  /** Checks or fills in the name of an object that is written by its name. */
  static void name(ObjectNode body, String name) {
    ObjectNode metadata = Meta.of(body);
    String said = Meta.text(metadata, "name");
    if (said.isEmpty()) {
      metadata.put("name", name);
    } else if (!said.equals(name)) {
      throw StatusException.badRequest(
          "the name of the object ("
              + said
              + ") does not match the name on the URL ("
              + name
              + ")");
    }
  }
}
