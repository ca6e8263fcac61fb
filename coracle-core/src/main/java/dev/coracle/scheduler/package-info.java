/**
 * The scheduler: one loop takes a Pod from its {@code queue}, lets the Pod's {@code profile} choose
 * a node by its {@code plugins}, assumes it there in the {@code state}, and goes on ({@code
 * SchedulingCycle}). Bindings, status and evictions are written beside it. It knows the API server
 * only through the client, as {@code system:kube-scheduler}.
 */
@NullMarked
package dev.coracle.scheduler;

import org.jspecify.annotations.NullMarked;
