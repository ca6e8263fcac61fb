/**
 * The kubelet's HTTPS server: logs, exec, attach, port-forward, Pods, health, stats and metrics of
 * one node, for the API server's use.
 */
@NullMarked
package dev.coracle.node.server;

import org.jspecify.annotations.NullMarked;
