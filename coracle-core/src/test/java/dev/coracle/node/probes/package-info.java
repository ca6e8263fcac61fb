/** Tests of probes against real servers. */
@NullMarked
package dev.coracle.node.probes;

import org.jspecify.annotations.NullMarked;
