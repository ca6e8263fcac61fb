/**
 * Counters, gauges and histograms of the process and their text form (Prometheus 0.0.4 and
 * OpenMetrics 1.0). Every part may count: a cell is found once and counted on without a lock or an
 * allocation. What a scrape needs (names, labels, sorting) is done at the scrape.
 */
@NullMarked
package dev.coracle.metrics;

import org.jspecify.annotations.NullMarked;
