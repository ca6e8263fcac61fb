/**
 * Keys, bytes, revisions, history, compaction and watch, behind {@link dev.coracle.store.Store},
 * with its engines. It has never heard of Pods: a value is an opaque byte array.
 */
@NullMarked
package dev.coracle.store;

import org.jspecify.annotations.NullMarked;
