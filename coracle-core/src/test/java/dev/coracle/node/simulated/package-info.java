/** Tests of simulated nodes. */
@NullMarked
package dev.coracle.node.simulated;

import org.jspecify.annotations.NullMarked;
