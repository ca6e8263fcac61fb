/** The configurations of admission: webhooks and policies, whose rules look alike. */
@NullMarked
package dev.coracle.schema.validation.admission;

import org.jspecify.annotations.NullMarked;
