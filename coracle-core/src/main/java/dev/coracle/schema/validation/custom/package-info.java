/**
 * Custom resources: whether a definition is sound (its names, versions, structural schema, rules
 * and defaults), and whether an object is as its definition's schema and CEL rules say.
 */
@NullMarked
package dev.coracle.schema.validation.custom;

import org.jspecify.annotations.NullMarked;
