package dev.coracle.bench.server;

import java.util.Locale;

/**
 * A row of the table.
 *
 * @param work what was measured
 * @param number the figure alone, for comparing servers
 * @param figure with its unit
 * @param target what the design asks for; empty when it asks nothing
 * @param by what sent the requests; empty when there are none to speak of
 */
public record Result(String work, double number, String figure, String target, String by) {

  /** nghttp2's generator of equal requests, which we did not write. */
  static final String H2LOAD = "h2load";

  /** {@link dev.coracle.bench.load}, over HTTP/2. */
  static final String OURS = "ours";

  Result(String work, double number, String figure, String target) {
    this(work, number, figure, target, "");
  }

  Result by(String generator) {
    return new Result(work, number, figure, target, generator);
  }

  /** So many a second. */
  static Result rate(String work, double perSecond, String target) {
    return new Result(work, perSecond, String.format(Locale.ROOT, "%,.0f/s", perSecond), target);
  }

  static Result seconds(String work, double seconds, String target) {
    return new Result(work, seconds, String.format(Locale.ROOT, "%.2f s", seconds), target);
  }

  static Result megabytes(String work, long megabytes, String target) {
    return new Result(work, megabytes, megabytes + " MB", target);
  }
}
