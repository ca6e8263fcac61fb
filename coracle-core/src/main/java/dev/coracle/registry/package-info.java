/**
 * Resources: descriptors ({@link dev.coracle.registry.ResourceType}), strategies, the generic
 * create, get, list, update, patch, delete and watch, subresources, and the watch cache that serves
 * every read.
 */
@NullMarked
package dev.coracle.registry;

import org.jspecify.annotations.NullMarked;
