package dev.coracle.metrics;

import java.util.List;

/** Where a family puts its samples at a scrape. */
public interface Samples {

  /** One value, with the values of the family's labels in their order. */
  void sample(double value, List<String> labels);

  default void sample(double value, String... labels) {
    sample(value, List.of(labels));
  }
}
