/**
 * The cluster's DNS, in process: Kubernetes' DNS-based service discovery (its specification,
 * version 1.1.0) over Services and EndpointSlices; everything else is asked of the machine's own
 * resolvers.
 */
@NullMarked
package dev.coracle.network.dns;

import org.jspecify.annotations.NullMarked;
