/**
 * One of several processes does the work: whoever holds a Lease, as Kubernetes' own components
 * elect their leaders.
 */
@NullMarked
package dev.coracle.client.leaderelection;

import org.jspecify.annotations.NullMarked;
