package dev.coracle.scheduler.plugins;

/** Arithmetic of scores. */
final class Scores {

  static final long MAX = 100;

  private Scores() {}

  /**
   * Stretches values so that the greatest becomes 100.
   *
   * @param reverse whether the greatest is the worst
   */
  static long[] normalized(long[] values, boolean reverse) {
    long most = 0;
    for (long value : values) {
      most = Math.max(most, value);
    }
    long[] scores = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      long score = most == 0 ? 0 : values[i] * MAX / most;
      scores[i] = reverse ? MAX - score : score;
    }
    return scores;
  }

  /** Stretches values so that the least becomes 0 and the greatest 100. */
  static long[] spread(long[] values) {
    long least = Long.MAX_VALUE;
    long most = Long.MIN_VALUE;
    for (long value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    long[] scores = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      scores[i] =
          most == least ? 0 : (long) (MAX * ((double) (values[i] - least) / (most - least)));
    }
    return scores;
  }
}
