/**
 * Validation of the built-in kinds beyond their schemas. {@link
 * dev.coracle.schema.validation.Validation} finds the class of a kind; the kinds of a family stand
 * in {@code pod}, {@code workload}, {@code network}, {@code storage} and {@code admission}, the
 * rest here; {@code custom} checks definitions of custom resources and the objects made from them.
 * All walk trees and collect causes with {@code field}.
 */
@NullMarked
package dev.coracle.schema.validation;

import org.jspecify.annotations.NullMarked;
