package dev.coracle.node.runtime;

import java.time.Instant;

/** What a container has used so far (CPU) and uses now (memory). */
public record ContainerStats(
    Instant time, long cpuNanoseconds, long workingSetBytes, long residentBytes) {}
