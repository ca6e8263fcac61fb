/**
 * The registry of this process, over a store: {@link dev.coracle.registry.local.Registries} makes
 * it, and the schemas that it works with are those of {@code schema}.
 */
@NullMarked
package dev.coracle.registry.local;

import org.jspecify.annotations.NullMarked;
