/** Publishes the Pods behind each Service, as EndpointSlices and as Endpoints. */
@NullMarked
package dev.coracle.controller.endpoints;

import org.jspecify.annotations.NullMarked;
