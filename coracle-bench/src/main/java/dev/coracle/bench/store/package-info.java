/** JMH benches of the store's engines. */
@NullMarked
package dev.coracle.bench.store;

import org.jspecify.annotations.NullMarked;
