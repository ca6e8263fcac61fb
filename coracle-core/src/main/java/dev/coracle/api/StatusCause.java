package dev.coracle.api;

/**
 * One of the causes that a {@code Status} lists.
 *
 * @param reason such as {@code FieldValueRequired}
 * @param message for people, without the field
 * @param field a path such as {@code spec.containers[0].name}
 */
public record StatusCause(String reason, String message, String field) {}
