/**
 * Connections to something behind the server: logs, exec, attach and port-forward by a node's
 * kubelet, and the proxy verbs to Pods, Services and nodes; where they are, and how bytes are
 * relayed.
 */
@NullMarked
package dev.coracle.apiserver.connect;

import org.jspecify.annotations.NullMarked;
