/**
 * The OpenAPI documents that a server publishes ({@code /openapi/v2} and {@code /openapi/v3}),
 * written from the schemas and from what discovery says of each resource.
 */
@NullMarked
package dev.coracle.schema.openapi;

import org.jspecify.annotations.NullMarked;
