package dev.coracle.bench.server;

import java.util.Locale;

/**
 * A row of the table.
 *
 * @param work what was measured
 * @param number the figure alone, for comparing servers
 * @param figure with its unit
 * @param target what the design asks for; empty when it asks nothing
 */
public record Result(String work, double number, String figure, String target) {

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
