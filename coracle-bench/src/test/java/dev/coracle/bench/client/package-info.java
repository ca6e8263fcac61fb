/** What others generate from the documents that a server shows. */
@NullMarked
package dev.coracle.bench.client;

import org.jspecify.annotations.NullMarked;
