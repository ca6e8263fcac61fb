package dev.coracle.bench.server;

/**
 * A row of the table.
 *
 * @param work what was measured
 * @param figure with its unit
 * @param target what the design asks for; empty when it asks nothing
 */
public record Result(String work, String figure, String target) {}
