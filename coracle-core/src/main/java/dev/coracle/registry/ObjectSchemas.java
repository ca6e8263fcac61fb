package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What the flows need to know of a kind's fields: the schema package, seen from here. */
public interface ObjectSchemas {

  /**
   * Checks a body against its kind and takes out what the kind does not know.
   *
   * @param patched whether a patch made it, which is told with other words
   * @param fieldValidation Strict, Warn, Ignore or empty for Warn
   * @param warnings where to say what was wrong if that is no failure; fields that come twice are
   *     in it already
   * @return the body or one in its place
   * @throws dev.coracle.api.StatusException 400 or 422 for mistyped fields and, when Strict,
   *     unknown ones
   */
  ObjectNode decode(
      ResourceType type,
      ObjectNode body,
      boolean patched,
      String fieldValidation,
      List<String> warnings);

  /**
   * Learns a version of a custom resource.
   *
   * @param openApiV3Schema null to forget it
   */
  void define(
      ResourceType type, @Nullable ObjectNode openApiV3Schema, boolean preserveUnknownFields);

  /**
   * Learns how an object of a custom resource is brought from any of its versions into this one.
   *
   * @param conversion takes and gives trees of its own
   */
  void convertBy(ResourceType type, UnaryOperator<ObjectNode> conversion);

  /**
   * An object without the fields that its kind does not know; the same tree when nothing is known
   * of the kind.
   */
  ObjectNode prune(ResourceType type, ObjectNode object);

  /** Sets the defaults in place. */
  void applyDefaults(ResourceType type, ObjectNode object);

  /**
   * What is wrong with an object as it would be stored.
   *
   * @param old null on create
   * @param warnings where to tell of what is wrong but was so before
   */
  List<StatusCause> validate(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      List<String> warnings);

  /** What of an object that may be stored is surely not meant: for the {@code Warning} header. */
  List<String> warnings(ResourceType type, ObjectNode object);

  /**
   * Reads a patch.
   *
   * @param fieldValidation and {@code warnings} as in {@link #decode}
   * @return gives the object, decoded, that the patch makes of one, which stays as it is
   * @throws dev.coracle.api.StatusException 400 when it is none; the function throws 422 when the
   *     patch does not fit
   */
  UnaryOperator<ObjectNode> patch(
      ResourceType type,
      PatchType patchType,
      byte[] patch,
      String fieldValidation,
      List<String> warnings);

  /**
   * Who manages which fields, for every write but apply: changes {@code metadata.managedFields} of
   * {@code object}.
   *
   * @param old null on create
   */
  void recordFields(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      String manager,
      Instant now);

  /**
   * Server-side apply: merges the applied configuration, with its managed fields.
   *
   * @param applied the body as it was sent, JSON or YAML
   * @param current the object there is; null when there is none
   * @throws dev.coracle.api.StatusException 409 with a cause for each conflict, unless forced
   */
  ObjectNode apply(
      ResourceType type,
      String subresource,
      byte[] applied,
      @Nullable KubeObject current,
      String manager,
      boolean force,
      Instant now);
}
