/**
 * A Pod's volumes as directories of the node: configMap, secret, downwardAPI and projected ones
 * written atomically and again whenever what they show changes; emptyDir, hostPath and bound
 * persistent volumes of the same kinds.
 */
@NullMarked
package dev.coracle.node.volumes;

import org.jspecify.annotations.NullMarked;
