package dev.coracle.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A failed request's {@code Status} ({@code metav1.Status} with {@code status: Failure}).
 *
 * @param code the HTTP code
 * @param reason a machine-readable word such as {@code NotFound}; may be empty
 * @param message for people
 * @param details null when there are none to give
 * @param continueToken for the rest of a list, when the one that was sent is of no use any more;
 *     empty for none
 */
public record Status(
    int code, String reason, String message, @Nullable Details details, String continueToken) {

  /** Of anything but a list that goes on. */
  public Status(int code, String reason, String message, @Nullable Details details) {
    this(code, reason, message, details, "");
  }

  /**
   * What the failure is about; empty strings and lists are left out of the JSON.
   *
   * @param retryAfterSeconds 0 when there is no advice
   */
  public record Details(
      String name,
      String group,
      String kind,
      String uid,
      List<StatusCause> causes,
      int retryAfterSeconds) {
    public Details {
      causes = List.copyOf(causes);
    }
  }
}
