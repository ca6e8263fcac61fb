/** A runtime for tests of the kubelet: containers that are only told of, without a process. */
@NullMarked
package dev.coracle.node.runtime.simulated;

import org.jspecify.annotations.NullMarked;
