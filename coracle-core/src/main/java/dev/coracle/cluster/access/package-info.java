/**
 * Who asks, whether they may, and what decides of a write, put together by the options: the
 * authenticators, the authorizers and the admission chain; and who the cluster's own parts are.
 */
@NullMarked
package dev.coracle.cluster.access;

import org.jspecify.annotations.NullMarked;
