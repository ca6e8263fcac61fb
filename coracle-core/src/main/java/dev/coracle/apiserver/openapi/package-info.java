/** OpenAPI v2 and v3 documents, in JSON and in protobuf, and the Swagger UI that shows them. */
@NullMarked
package dev.coracle.apiserver.openapi;

import org.jspecify.annotations.NullMarked;
