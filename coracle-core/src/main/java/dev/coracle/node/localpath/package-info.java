/**
 * The provisioner {@code coracle.dev/local-path}: a volume is a directory of the node that its
 * claim's first Pod is to run on. Each process provisions for its own nodes, the real one and the
 * simulated ones; the latter's volumes have no directory.
 */
@NullMarked
package dev.coracle.node.localpath;

import org.jspecify.annotations.NullMarked;
