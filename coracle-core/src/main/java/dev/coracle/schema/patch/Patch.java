package dev.coracle.schema.patch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.PatchType;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.schema.Schema;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.FieldValidation;
import java.util.List;

/**
 * A patch that was read once and may be applied again and again (when the object changed
 * meanwhile). Server-side apply is not one of these: it needs to know who owns what.
 */
public sealed interface Patch permits JsonPatch, MergePatch, StrategicMergePatch {

  /**
   * Reads a patch.
   *
   * @throws StatusException 400 when it is none
   */
  static Patch parse(PatchType type, byte[] body) {
    return switch (type) {
      case JSON -> JsonPatch.parse(body);
      case MERGE -> MergePatch.parse(body);
      case STRATEGIC -> StrategicMergePatch.parse(body);
      case APPLY -> throw new IllegalArgumentException("server-side apply is not a plain patch");
    };
  }

  /** What {@link FieldValidation} is about: fields of the patch that come twice or are unknown. */
  List<String> strictErrors();

  /**
   * @param original stays as it is
   * @param schema of the object; only a strategic merge patch asks it
   * @return shares with the original what the patch leaves alone, so it is not to be changed: to be
   *     read with {@link Decoder#decodePatched}
   * @throws StatusException 422 when the patch does not fit the object
   */
  ObjectNode apply(ObjectNode original, Schema schema);

  /** What a kube-apiserver answers, whatever the reason. */
  static StatusException rejected() {
    return new StatusException(
        new Status(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
            new Status.Details("", "", "", "", List.of(), 0)));
  }
}
