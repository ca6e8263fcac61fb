package dev.coracle.metrics;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/** How often values fell into ranges. Thread-safe; recording never blocks. */
public final class Histogram {

  private final double[] bounds;
  private final AtomicLongArray counts;
  private final DoubleAdder sum = new DoubleAdder();

  /**
   * @param bounds the upper bound (inclusive) of each range, ascending; one range more has none
   */
  Histogram(double[] bounds) {
    this.bounds = bounds;
    this.counts = new AtomicLongArray(bounds.length + 1);
  }

  public void record(double value) {
    int low = 0;
    int high = bounds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (value <= bounds[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    counts.incrementAndGet(low);
    sum.add(value);
  }

  /** Records how long something took, in seconds. */
  public void recordNanos(long nanos) {
    record(nanos / 1e9);
  }

  double[] bounds() {
    return bounds;
  }

  /** How many values each range has had, the last one without a bound. */
  long[] counts() {
    long[] copy = new long[counts.length()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = counts.get(i);
    }
    return copy;
  }

  double sum() {
    return sum.sum();
  }

  /** Bounds that grow by a factor. */
  public static double[] exponential(double first, double factor, int count) {
    double[] bounds = new double[count];
    double bound = first;
    for (int i = 0; i < count; i++) {
      bounds[i] = bound;
      bound *= factor;
    }
    return bounds;
  }
}
