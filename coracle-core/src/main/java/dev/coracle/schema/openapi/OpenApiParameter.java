package dev.coracle.schema.openapi;

import java.util.List;

/** A query parameter. */
record OpenApiParameter(String name, String type, String description) {

  static final List<OpenApiParameter> LIST =
      List.of(
          new OpenApiParameter(
              "allowWatchBookmarks", "boolean", "Whether a watch may be sent BOOKMARK events."),
          new OpenApiParameter(
              "continue", "string", "Where to go on: the token that came with a limited list."),
          new OpenApiParameter(
              "fieldSelector", "string", "Select objects by their fields; everything by default."),
          new OpenApiParameter(
              "labelSelector", "string", "Select objects by their labels; everything by default."),
          new OpenApiParameter("limit", "integer", "The most objects that one answer may hold."),
          new OpenApiParameter(
              "resourceVersion", "string", "How new the answer must be; see the API concepts."),
          new OpenApiParameter(
              "resourceVersionMatch", "string", "How resourceVersion is meant in a list."),
          new OpenApiParameter(
              "sendInitialEvents", "boolean", "Whether a watch starts with what is there."),
          new OpenApiParameter("timeoutSeconds", "integer", "How long a list or watch may last."),
          new OpenApiParameter(
              "watch", "boolean", "Send changes as they happen instead of a list."));
  static final OpenApiParameter DRY_RUN =
      new OpenApiParameter("dryRun", "string", "All: do everything but store the result.");
  static final List<OpenApiParameter> WRITE =
      List.of(
          DRY_RUN,
          new OpenApiParameter("fieldManager", "string", "The name of who makes this change."),
          new OpenApiParameter(
              "fieldValidation",
              "string",
              "What to do about unknown and duplicate fields: Ignore, Warn or Strict."));
  static final OpenApiParameter FORCE =
      new OpenApiParameter("force", "boolean", "Apply even what others own (apply patches only).");
  static final List<OpenApiParameter> DELETE =
      List.of(
          DRY_RUN,
          new OpenApiParameter(
              "gracePeriodSeconds", "integer", "How long the object may take to end; 0 is now."),
          new OpenApiParameter(
              "propagationPolicy",
              "string",
              "What happens to dependents: Orphan, Background or Foreground."));
  static final OpenApiParameter PRETTY =
      new OpenApiParameter("pretty", "string", "If 'true', the output is indented.");
}
