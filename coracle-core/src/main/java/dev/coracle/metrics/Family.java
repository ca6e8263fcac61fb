package dev.coracle.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** All metrics of one name. */
public sealed interface Family {

  /** As it stands in the text; a counter's ends with {@code _total}. */
  String name();

  String help();

  List<String> labels();

  /** A family that has a cell for each combination of labels. */
  abstract sealed class Cells<C> implements Family permits Counters, Histograms {
    private final String name;
    private final String help;
    private final List<String> labels;
    private final Function<List<String>, C> fresh;
    private final Map<List<String>, C> cells = new ConcurrentHashMap<>();

    private Cells(String name, String help, List<String> labels, Supplier<C> fresh) {
      this.name = name;
      this.help = help;
      this.labels = labels;
      this.fresh = any -> fresh.get();
    }

    /** The cell of these labels, for good: keep it where it is counted often. */
    public C of(String... values) {
      return cells.computeIfAbsent(List.of(values), fresh);
    }

    Map<List<String>, C> cells() {
      return cells;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String help() {
      return help;
    }

    @Override
    public List<String> labels() {
      return labels;
    }
  }

  /** Counters, one for each combination of labels. */
  final class Counters extends Cells<Counter> {
    Counters(String name, String help, List<String> labels) {
      super(name, help, labels, Counter::new);
    }
  }

  /** Histograms, one for each combination of labels. */
  final class Histograms extends Cells<Histogram> {
    Histograms(String name, String help, double[] bounds, List<String> labels) {
      super(name, help, labels, () -> new Histogram(bounds));
    }
  }

  /**
   * Values that are read at the scrape.
   *
   * @param growing whether they only grow (counters), or may fall (gauges)
   * @param read gives them; it must be quick, and what it throws leaves the family out
   */
  record Read(
      String name, String help, List<String> labels, boolean growing, Consumer<Samples> read)
      implements Family {}
}
