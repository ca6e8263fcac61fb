/** Tests of logs. */
@NullMarked
package dev.coracle.node.runtime;

import org.jspecify.annotations.NullMarked;
