/**
 * What the node needs of something that runs containers: one interface shaped like the CRI
 * (sandbox, container, exec, attach, logs, stats, image status). It knows nothing of Pods beyond
 * their names; the kubelet part decides, a runtime does.
 */
@NullMarked
package dev.coracle.node.runtime;

import org.jspecify.annotations.NullMarked;
