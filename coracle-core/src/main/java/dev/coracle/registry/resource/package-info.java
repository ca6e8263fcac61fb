/**
 * What is served: the rows of the built-in resources and those of definitions, each with its
 * behaviour ({@link dev.coracle.registry.resource.Strategy}), its cache and its conversion to the
 * stored version.
 */
@NullMarked
package dev.coracle.registry.resource;

import org.jspecify.annotations.NullMarked;
