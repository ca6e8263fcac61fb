/**
 * What objects look like: schemas of the built-in kinds (generated when Coracle is built) and of
 * custom resources (from their CRDs) in one form, and everything that is driven by them: decoding
 * with the checks and words of a kube-apiserver, pruning, defaults, the patches, managed fields and
 * OpenAPI documents.
 */
@NullMarked
package dev.coracle.schema;

import org.jspecify.annotations.NullMarked;
