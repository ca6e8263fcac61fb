/**
 * Subresources that are no plain part of their object: scale, binding and eviction of Pods, and
 * kinds that are answered and never stored.
 */
@NullMarked
package dev.coracle.registry.subresource;

import org.jspecify.annotations.NullMarked;
