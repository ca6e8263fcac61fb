package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import java.util.List;

/**
 * An answer with what goes beside it.
 *
 * @param info what was asked for
 * @param warnings for the {@code Warning} header
 */
record Answered(ApiResponse response, RequestInfo info, List<String> warnings) {}
