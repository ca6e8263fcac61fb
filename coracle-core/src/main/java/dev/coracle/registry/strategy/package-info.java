/**
 * What a built-in kind does otherwise than others when it is written or deleted, a class for each,
 * and what they hand out: addresses, ports, names, the first status.
 */
@NullMarked
package dev.coracle.registry.strategy;

import org.jspecify.annotations.NullMarked;
