/**
 * Defaulting of the built-in kinds: what an object means when it leaves a field out, and the fields
 * that Kubernetes always writes. {@link dev.coracle.schema.defaults.Defaults} finds the class of a
 * kind; each class is loaded with the first object of its kind.
 */
@NullMarked
package dev.coracle.schema.defaults;

import org.jspecify.annotations.NullMarked;
