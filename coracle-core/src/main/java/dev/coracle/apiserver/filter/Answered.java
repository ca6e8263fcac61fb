package dev.coracle.apiserver.filter;

import dev.coracle.apiserver.request.ApiResponse;
import java.util.List;

/**
 * An answer with what goes beside it.
 *
 * @param warnings for the {@code Warning} header
 * @param observation to be told how the answer goes out, and that it is over
 */
public record Answered(ApiResponse response, List<String> warnings, Observation observation) {}
