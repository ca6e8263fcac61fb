package dev.coracle.bench.load;

import java.util.Arrays;

/** Samples of nanoseconds; used by one thread. */
public final class Latencies {

  private long[] samples = new long[1 << 14];
  private int size;

  public void add(long nanoseconds) {
    if (size == samples.length) {
      samples = Arrays.copyOf(samples, size * 2);
    }
    samples[size++] = nanoseconds;
  }

  /**
   * @param fraction from 0 to 1
   * @return milliseconds; 0 without samples
   */
  public double percentile(double fraction) {
    if (size == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(samples, size);
    Arrays.sort(sorted);
    return sorted[Math.min(size - 1, (int) (size * fraction))] / 1e6;
  }
}
