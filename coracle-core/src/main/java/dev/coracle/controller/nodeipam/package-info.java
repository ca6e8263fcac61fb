/** Gives each Node the range of its Pods' addresses, as a RangeAllocator of Kubernetes does. */
@NullMarked
package dev.coracle.controller.nodeipam;

import org.jspecify.annotations.NullMarked;
