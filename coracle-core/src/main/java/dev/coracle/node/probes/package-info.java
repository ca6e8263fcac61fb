/**
 * Startup, readiness and liveness probes, and the handlers that lifecycle hooks share with them.
 */
@NullMarked
package dev.coracle.node.probes;

import org.jspecify.annotations.NullMarked;
