/**
 * What objects look like: schemas of the built-in kinds (generated when Coracle is built) and of
 * custom resources (from their CRDs) in one form, and what a schema alone puts in where something
 * is left out. What is driven by them has its own rooms: reading ({@code decoding}), the patches,
 * managed fields, OpenAPI documents, the kinds' own defaults, validation, tables, CEL.
 */
@NullMarked
package dev.coracle.schema;

import org.jspecify.annotations.NullMarked;
