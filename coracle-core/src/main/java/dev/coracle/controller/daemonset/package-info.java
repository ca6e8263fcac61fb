/** Runs a Pod on each node that a DaemonSet fits. */
@NullMarked
package dev.coracle.controller.daemonset;

import org.jspecify.annotations.NullMarked;
