package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.Schema;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who writes an object, and over which path.
 *
 * @param name of the field manager
 * @param apiVersion in which the write speaks
 * @param subresource empty for the object itself
 * @param time of the write
 * @param schema of the object in that version
 * @param ignored fields that writes over this path do not change, such as {@code status} over the
 *     object's own path
 * @param versions the other versions that the object may be seen in
 */
public record FieldManager(
    String name,
    String apiVersion,
    String subresource,
    Instant time,
    Schema schema,
    FieldSet ignored,
    Versions versions) {

  /** One whose object has the same fields in every version. */
  public FieldManager(
      String name,
      String apiVersion,
      String subresource,
      Instant time,
      Schema schema,
      FieldSet ignored) {
    this(name, apiVersion, subresource, time, schema, ignored, Versions.ALIKE);
  }

  /** The other versions of an object, for managers that wrote in them. */
  public interface Versions {

    /** Versions differ in nothing, as far as fields are concerned. */
    Versions ALIKE =
        new Versions() {
          @Override
          public @Nullable Schema schema(String apiVersion) {
            return null;
          }

          @Override
          public ObjectNode convert(ObjectNode object, String apiVersion) {
            return object;
          }
        };

    /** The schema in a version; null when that has no schema of its own. */
    @Nullable Schema schema(String apiVersion);

    /** An object in a version; the caller's own, and never changed afterwards. */
    ObjectNode convert(ObjectNode object, String apiVersion);
  }
}
