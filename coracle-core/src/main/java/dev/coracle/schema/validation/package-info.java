/**
 * Validation of the built-in kinds beyond their schemas: {@link
 * dev.coracle.schema.validation.Validation} finds the class of a kind, {@link
 * dev.coracle.schema.validation.Field} walks the tree, {@link
 * dev.coracle.schema.validation.FieldErrors} collects causes in Kubernetes' own words.
 */
@NullMarked
package dev.coracle.schema.validation;

import org.jspecify.annotations.NullMarked;
