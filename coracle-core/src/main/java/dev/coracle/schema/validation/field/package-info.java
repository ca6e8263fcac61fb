/**
 * What every validation is written with: {@link dev.coracle.schema.validation.field.Field} walks
 * the tree, {@link dev.coracle.schema.validation.field.FieldErrors} collects causes in Kubernetes'
 * own words; and the fields that several kinds have in common, such as metadata, selectors, node
 * affinity and quantities of resources.
 */
@NullMarked
package dev.coracle.schema.validation.field;

import org.jspecify.annotations.NullMarked;
