/**
 * Resources: descriptors ({@link dev.coracle.registry.ResourceType}), strategies, the generic
 * create, get, list, update, patch, delete and watch, subresources, conversion between versions,
 * and custom resources, which their definitions add and take away at run time. Reads are answered
 * by {@code cache}; {@code encryption} stands between here and the store.
 */
@NullMarked
package dev.coracle.registry;

import org.jspecify.annotations.NullMarked;
