/**
 * Benches of a running API server, whoever made it: they need its URL and a token. Loads of many
 * requests come from h2load, so that the generator takes little of the machine and is nobody's own.
 */
@NullMarked
package dev.coracle.bench.server;

import org.jspecify.annotations.NullMarked;
