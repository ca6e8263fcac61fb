package dev.coracle.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * The metrics of one server. Names, labels and buckets are Kubernetes' own where it has the same
 * metric. Asking twice for a name gives the same family.
 */
public final class Metrics {

  private final Map<String, Family> families = new ConcurrentSkipListMap<>();

  public Family.Counters counters(String name, String help, String... labels) {
    return (Family.Counters)
        families.computeIfAbsent(name, any -> new Family.Counters(name, help, List.of(labels)));
  }

  /**
   * @param bounds the buckets' upper bounds, ascending, without infinity
   */
  public Family.Histograms histograms(String name, String help, double[] bounds, String... labels) {
    return (Family.Histograms)
        families.computeIfAbsent(
            name, any -> new Family.Histograms(name, help, bounds, List.of(labels)));
  }

  /** Gauges that are read at each scrape; a second call for a name replaces the first. */
  public void gauges(String name, String help, List<String> labels, Consumer<Samples> read) {
    families.put(name, new Family.Read(name, help, labels, false, read));
  }

  /** Counters that somebody else counts, read at each scrape. */
  public void counted(String name, String help, List<String> labels, Consumer<Samples> read) {
    families.put(name, new Family.Read(name, help, labels, true, read));
  }

  /** All families, in the order of their names. */
  public Iterable<Family> families() {
    return families.values();
  }
}
