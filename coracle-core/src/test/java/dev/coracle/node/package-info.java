/** Tests of the kubelet against a real API server in this process. */
@NullMarked
package dev.coracle.node;

import org.jspecify.annotations.NullMarked;
