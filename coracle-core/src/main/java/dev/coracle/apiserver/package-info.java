/**
 * The API server: {@link dev.coracle.apiserver.ApiServer} puts it together. A request goes one way
 * through the packages below, and no package knows one that it has come through: {@code door},
 * {@code filter} (with {@code access} and {@code audit}), {@code dispatch}, and then what serves
 * it: resources, {@code connect}, {@code aggregation}, {@code discovery}, {@code openapi} or {@code
 * paths}. All of them speak in {@code request}'s words; what is said to a client is written by
 * {@code encoding} and {@code watch}. What a resource is stands in {@code registry}.
 */
@NullMarked
package dev.coracle.apiserver;

import org.jspecify.annotations.NullMarked;
