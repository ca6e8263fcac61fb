/**
 * Tables: the columns of every kind and the cells of its objects, as {@code kubectl get} shows
 * them. {@link dev.coracle.schema.table.Tables} is the entry; the cells of a family of kinds are in
 * one class each, loaded when the first such object is shown.
 */
@NullMarked
package dev.coracle.schema.table;

import org.jspecify.annotations.NullMarked;
