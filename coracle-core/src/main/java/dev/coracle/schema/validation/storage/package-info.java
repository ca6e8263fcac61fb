/**
 * Volumes, as Pods name them and as PersistentVolumes, claims and storage classes describe them.
 */
@NullMarked
package dev.coracle.schema.validation.storage;

import org.jspecify.annotations.NullMarked;
