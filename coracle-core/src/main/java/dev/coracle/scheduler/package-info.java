/**
 * The scheduler: a queue of Pods without a node, what it knows of nodes and their Pods, filters and
 * scores (in {@code plugins}, put together by what {@code config} reads), and one loop that decides
 * and assumes ({@code SchedulingCycle}). Bindings, status and evictions are written beside it. It
 * knows the API server only through the client, as {@code system:kube-scheduler}.
 */
@NullMarked
package dev.coracle.scheduler;

import org.jspecify.annotations.NullMarked;
