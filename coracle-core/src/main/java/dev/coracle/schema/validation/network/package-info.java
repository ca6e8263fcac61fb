/** Services, endpoints, Ingresses and network policies. */
@NullMarked
package dev.coracle.schema.validation.network;

import org.jspecify.annotations.NullMarked;
