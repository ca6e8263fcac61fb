/** Clusters inside a test's JVM: how fast they start and what they weigh. */
@NullMarked
package dev.coracle.bench.embedded;

import org.jspecify.annotations.NullMarked;
