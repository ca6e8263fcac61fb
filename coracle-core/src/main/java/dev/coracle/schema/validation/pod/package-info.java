/**
 * Pods, and what else carries a Pod's template: containers, probes, ports, security contexts, what
 * an update may change, and the warnings that go with a write that is good.
 */
@NullMarked
package dev.coracle.schema.validation.pod;

import org.jspecify.annotations.NullMarked;
