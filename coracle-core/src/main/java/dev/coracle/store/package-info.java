/**
 * Keys, bytes, revisions, history, compaction and watch: the contract {@link
 * dev.coracle.store.Store} and what it may throw. It has never heard of Pods: a value is an opaque
 * byte array. Who keeps the bytes, and how, are the engines in {@code engine}.
 */
@NullMarked
package dev.coracle.store;

import org.jspecify.annotations.NullMarked;
