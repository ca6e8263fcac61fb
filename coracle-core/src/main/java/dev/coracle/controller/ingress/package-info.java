/**
 * Ingresses whose class publishes a Service ({@code coracle.dev/publish-service}): their status
 * shows where that Service is reached.
 */
@NullMarked
package dev.coracle.controller.ingress;

import org.jspecify.annotations.NullMarked;
