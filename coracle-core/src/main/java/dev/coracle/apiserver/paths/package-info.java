/**
 * What is served at fixed paths: health, metrics, the version, documents for relying parties of
 * OpenID Connect, and Coracle's own; and the list of them all.
 */
@NullMarked
package dev.coracle.apiserver.paths;

import org.jspecify.annotations.NullMarked;
