/** Containers that are only told of: Pods turn Ready and end without a process. */
@NullMarked
package dev.coracle.node.runtime.simulated;

import org.jspecify.annotations.NullMarked;
