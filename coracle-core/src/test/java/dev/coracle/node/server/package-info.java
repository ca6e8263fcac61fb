/** Tests of the kubelet's server. */
@NullMarked
package dev.coracle.node.server;

import org.jspecify.annotations.NullMarked;
