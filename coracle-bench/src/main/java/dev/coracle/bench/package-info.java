/** Whole-server benches by {@code ./bench}, and what they are made of. */
@NullMarked
package dev.coracle.bench;

import org.jspecify.annotations.NullMarked;
