/**
 * Who owns which field: server-side apply and the bookkeeping of every other write in {@code
 * metadata.managedFields}, with the sets of fields (FieldsV1) it is done in. {@link
 * dev.coracle.schema.managedfields.ManagedFields} is the door; {@link
 * dev.coracle.schema.managedfields.Applying} merges likewise without owners, for policies.
 */
@NullMarked
package dev.coracle.schema.managedfields;

import org.jspecify.annotations.NullMarked;
