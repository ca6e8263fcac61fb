/** Counts what the objects of a namespace use of its ResourceQuotas. */
@NullMarked
package dev.coracle.controller.resourcequota;

import org.jspecify.annotations.NullMarked;
