/**
 * Runs in the build of coracle-core and is not part of the product: joins what the client-java-api
 * jar says of the API types (fields, Java types, descriptions) with our own table of what it does
 * not say, and writes the schema resources and the typed views.
 */
@NullMarked
package dev.coracle.schemagen;

import org.jspecify.annotations.NullMarked;
