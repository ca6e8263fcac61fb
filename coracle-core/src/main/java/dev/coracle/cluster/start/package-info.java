/**
 * What a start is made of, whatever starts: what goes on beside the others, what is made once it is
 * asked for, what has been started and is stopped in the reverse order, who is told of it, and the
 * one exception by which a start fails.
 */
@NullMarked
package dev.coracle.cluster.start;

import org.jspecify.annotations.NullMarked;
