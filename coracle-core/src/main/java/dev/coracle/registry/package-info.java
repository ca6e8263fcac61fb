/**
 * What a registry is: the generic create, get, list, update, patch, delete and watch of every
 * resource ({@link dev.coracle.registry.Registry}), what a resource is called and has ({@link
 * dev.coracle.registry.ResourceType}), who asks, and what it is given. All other packages stand on
 * this one: {@code local} leads each verb to its {@code flow}, which asks {@code resource} what is
 * served and by which {@code strategy}; {@code subresource} and {@code custom} use the flows; reads
 * are answered by {@code cache}; {@code encryption} stands between here and the store.
 */
@NullMarked
package dev.coracle.registry;

import org.jspecify.annotations.NullMarked;
