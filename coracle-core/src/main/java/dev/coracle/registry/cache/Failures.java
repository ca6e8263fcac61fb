package dev.coracle.registry.cache;

import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import java.util.List;

/** Failures of reading that have no factory of their own in {@link StatusException}. */
final class Failures {

  private Failures() {}

  static StatusException tooLargeRevision(long asked, long current) {
    return new StatusException(
        new Status(
            504,
            "Timeout",
            "Timeout: Too large resource version: " + asked + ", current: " + current,
            new Status.Details(
                "",
                "",
                "",
                "",
                List.of(
                    new StatusCause("ResourceVersionTooLarge", "Too large resource version", "")),
                1)));
  }
}
