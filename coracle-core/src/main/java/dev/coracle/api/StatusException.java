package dev.coracle.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one error of the API: an HTTP code and a {@code Status} as a kube-apiserver sends it. Thrown
 * wherever a request cannot be served and turned into a body once, at the edge (or handed to a
 * component as it is by the in-memory transport).
 */
public final class StatusException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Status status;

  public StatusException(Status status) {
    super(status.message(), null, false, false);
    this.status = status;
  }

  public Status status() {
    return status;
  }

  public int code() {
    return status.code();
  }

  public String reason() {
    return status.reason();
  }

  public boolean isNotFound() {
    return status.code() == 404;
  }

  public boolean isConflict() {
    return status.reason().equals("Conflict");
  }

  public boolean isAlreadyExists() {
    return status.reason().equals("AlreadyExists");
  }

  /** Whether a watch or a continue token points to history that is gone (410). */
  public boolean isGone() {
    return status.code() == 410;
  }

  private static StatusException of(
      int code, String reason, String message, Status.@Nullable Details details) {
    return new StatusException(new Status(code, reason, message, details));
  }

  private static Status.Details details(String group, String kind, String name) {
    return new Status.Details(name, group, kind, "", List.of(), 0);
  }

  private static String qualified(String group, String resource) {
    return group.isEmpty() ? resource : resource + "." + group;
  }

  public static StatusException notFound(String group, String resource, String name) {
    return of(
        404,
        "NotFound",
        qualified(group, resource) + " \"" + name + "\" not found",
        details(group, resource, name));
  }

  /** The path leads nowhere: the API or the resource does not exist. */
  public static StatusException noSuchPath() {
    return of(
        404, "NotFound", "the server could not find the requested resource", details("", "", ""));
  }

  public static StatusException alreadyExists(String group, String resource, String name) {
    return of(
        409,
        "AlreadyExists",
        qualified(group, resource) + " \"" + name + "\" already exists",
        details(group, resource, name));
  }

  public static StatusException conflict(String group, String resource, String name, String why) {
    return of(
        409,
        "Conflict",
        "Operation cannot be fulfilled on "
            + qualified(group, resource)
            + " \""
            + name
            + "\": "
            + why,
        details(group, resource, name));
  }

  /** The resourceVersion of an update is not the newest one. */
  public static StatusException modified(String group, String resource, String name) {
    return conflict(
        group,
        resource,
        name,
        "the object has been modified; please apply your changes to the latest version and try again");
  }

  public static StatusException badRequest(String message) {
    return of(400, "BadRequest", message, null);
  }

  public static StatusException unauthorized() {
    return of(401, "Unauthorized", "Unauthorized", null);
  }

  public static StatusException forbidden(String group, String resource, String name, String why) {
    String object = qualified(group, resource) + (name.isEmpty() ? "" : " \"" + name + "\"");
    return of(403, "Forbidden", object + " is forbidden: " + why, details(group, resource, name));
  }

  /** A 403 outside any resource, with the whole message given. */
  public static StatusException forbidden(String message) {
    return of(403, "Forbidden", message, details("", "", ""));
  }

  public static StatusException methodNotSupported(String group, String resource, String verb) {
    return of(
        405,
        "MethodNotAllowed",
        verb + " is not supported on resources of kind \"" + qualified(group, resource) + "\"",
        details(group, resource, ""));
  }

  /** A method that no request to this path may have (405). */
  public static StatusException methodNotAllowed() {
    return of(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        details("", "", ""));
  }

  /** Validation failed (422): the message is made of the causes as Kubernetes makes it. */
  public static StatusException invalid(
      String group, String kind, String name, List<StatusCause> causes) {
    String object = qualified(group, kind) + " \"" + name + "\" is invalid";
    StringBuilder message = new StringBuilder(object);
    if (!causes.isEmpty()) {
      message.append(": ");
      List<String> different =
          causes.stream().map(cause -> cause.field() + ": " + cause.message()).distinct().toList();
      String joined = String.join(", ", different);
      message.append(different.size() > 1 ? "[" + joined + "]" : joined);
    }
    return of(
        422, "Invalid", message.toString(), new Status.Details(name, group, kind, "", causes, 0));
  }

  /** History before this point is compacted (410). */
  public static StatusException expired(String message) {
    return of(410, "Expired", message, null);
  }

  /**
   * As above, for a list of which the rest can be had as it is now.
   *
   * @param continueToken asks for it
   */
  public static StatusException expired(String message, String continueToken) {
    return new StatusException(new Status(410, "Expired", message, null, continueToken));
  }

  public static StatusException notAcceptable(String message) {
    return of(406, "NotAcceptable", message, null);
  }

  public static StatusException unsupportedMediaType(String message) {
    return of(415, "UnsupportedMediaType", message, null);
  }

  public static StatusException tooLarge(String message) {
    return of(413, "RequestEntityTooLarge", message, null);
  }

  /** Try again after so many seconds (429). */
  public static StatusException tooManyRequests(String message, int retryAfterSeconds) {
    return of(
        429,
        "TooManyRequests",
        message,
        new Status.Details("", "", "", "", List.of(), retryAfterSeconds));
  }

  public static StatusException internal(String message) {
    return of(
        500,
        "InternalError",
        "Internal error occurred: " + message,
        new Status.Details("", "", "", "", List.of(new StatusCause("", message, "")), 0));
  }

  /** The store has no room for another write (507); reading goes on. */
  public static StatusException insufficientStorage(String message) {
    return of(507, "InsufficientStorage", message, null);
  }

  public static StatusException serviceUnavailable(String message) {
    return of(503, "ServiceUnavailable", message, null);
  }

  public static StatusException timeout(String message) {
    return of(504, "Timeout", message, null);
  }
}
