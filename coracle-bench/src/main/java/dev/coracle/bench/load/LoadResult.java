package dev.coracle.bench.load;

/**
 * What a closed loop measured.
 *
 * @param count answers of the 200 class
 * @param conflicts answers 409
 * @param failures all other ends
 */
public record LoadResult(
    long count, long conflicts, long failures, double seconds, Latencies latencies) {

  public double perSecond() {
    return count / seconds;
  }
}
