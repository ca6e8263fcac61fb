/** JMH: what the parts of a request cost. */
@NullMarked
package dev.coracle.bench.micro;

import org.jspecify.annotations.NullMarked;
