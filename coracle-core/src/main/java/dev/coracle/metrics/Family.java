package dev.coracle.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** All metrics of one name. */
public sealed interface Family {

  /** As it stands in the text; a counter's ends with {@code _total}. */
  String name();

  String help();

  List<String> labels();

  /** Counters, one for each combination of labels. */
  final class Counters implements Family {
    private final String name;
    private final String help;
    private final List<String> labels;
    private final Map<List<String>, Counter> cells = new ConcurrentHashMap<>();

    Counters(String name, String help, List<String> labels) {
      this.name = name;
      this.help = help;
      this.labels = labels;
    }

    /** The cell of these labels, for good: keep it where it is counted often. */
    public Counter of(String... values) {
      return cells.computeIfAbsent(List.of(values), any -> new Counter());
    }

    Map<List<String>, Counter> cells() {
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

  /** Histograms, one for each combination of labels. */
  final class Histograms implements Family {
    private final String name;
    private final String help;
    private final List<String> labels;
    private final double[] bounds;
    private final Map<List<String>, Histogram> cells = new ConcurrentHashMap<>();

    Histograms(String name, String help, double[] bounds, List<String> labels) {
      this.name = name;
      this.help = help;
      this.bounds = bounds;
      this.labels = labels;
    }

    /** The cell of these labels, for good: keep it where it is recorded often. */
    public Histogram of(String... values) {
      return cells.computeIfAbsent(List.of(values), any -> new Histogram(bounds));
    }

    Map<List<String>, Histogram> cells() {
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
