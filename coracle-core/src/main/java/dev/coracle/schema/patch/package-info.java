/**
 * The three patches that know nothing of owners: JSON patch, merge patch and strategic merge patch,
 * each read once and applied to a tree as often as need be.
 */
@NullMarked
package dev.coracle.schema.patch;

import org.jspecify.annotations.NullMarked;
