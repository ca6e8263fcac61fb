/**
 * The plugin NodeRestriction: what a kubelet may write, of its own Node, of the Pods that are bound
 * to it, and for which audiences it gets their tokens.
 */
@NullMarked
package dev.coracle.admission.node;

import org.jspecify.annotations.NullMarked;
