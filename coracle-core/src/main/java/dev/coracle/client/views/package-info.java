/**
 * Typed views: {@link dev.coracle.client.views.Pod} and the other kinds that components use, as
 * thin immutable classes over a JSON tree. They are generated from the API's schemas when Coracle
 * is built; only {@link dev.coracle.client.views.View} is written by hand.
 */
@NullMarked
package dev.coracle.client.views;

import org.jspecify.annotations.NullMarked;
