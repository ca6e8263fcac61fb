/** Tests of the process runtime: they start real processes. */
@NullMarked
package dev.coracle.node.runtime.process;

import org.jspecify.annotations.NullMarked;
