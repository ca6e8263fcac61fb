package dev.coracle.schema;

import java.time.Instant;

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
 */
public record FieldManager(
    String name,
    String apiVersion,
    String subresource,
    Instant time,
    Schema schema,
    FieldSet ignored) {}
