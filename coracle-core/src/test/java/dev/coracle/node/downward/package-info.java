/** Tests of the Downward API. */
@NullMarked
package dev.coracle.node.downward;

import org.jspecify.annotations.NullMarked;
