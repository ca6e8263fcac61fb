package dev.coracle.apiserver;

import java.util.List;

/**
 * An answer with what goes beside it.
 *
 * @param warnings for the {@code Warning} header
 * @param observation to be told how the answer goes out, and that it is over
 */
record Answered(ApiResponse response, List<String> warnings, Observation observation) {}
