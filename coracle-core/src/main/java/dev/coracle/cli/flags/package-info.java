/**
 * What {@code coracle up} can be told, a picocli mixin for each topic. Names and meanings are those
 * of Kubernetes' own servers; each mixin becomes a record of {@code cluster.options}, or says what
 * is wrong in one sentence.
 */
@NullMarked
package dev.coracle.cli.flags;

import org.jspecify.annotations.NullMarked;
