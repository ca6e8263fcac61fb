package dev.coracle.node.runtime;

import java.time.Instant;

/**
 * What a container has used so far (CPU) and uses now (memory).
 *
 * @param usageBytes with all that is cached for it
 * @param workingSetBytes without what is cached and idle
 */
public record ContainerStats(
    Instant time, long cpuNanoseconds, long usageBytes, long workingSetBytes, long residentBytes) {}
