/**
 * Objects as JSON: {@link dev.coracle.api.KubeObject} (immutable bytes with an index), names of
 * kinds and resources, metadata, quantities, selectors, {@code Status} errors and codecs. Knows
 * nothing of storage, HTTP or components; every other package may use it.
 */
@NullMarked
package dev.coracle.api;

import org.jspecify.annotations.NullMarked;
