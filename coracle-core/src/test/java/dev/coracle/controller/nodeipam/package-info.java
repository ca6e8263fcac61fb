/** The ranges that Nodes get for their Pods, in stories through the real API. */
@NullMarked
package dev.coracle.controller.nodeipam;

import org.jspecify.annotations.NullMarked;
