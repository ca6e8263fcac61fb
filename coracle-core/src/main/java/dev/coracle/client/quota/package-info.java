/**
 * What objects use of a ResourceQuota: the one rule by which admission reserves and the controller
 * counts (the Kubernetes page "Resource Quotas").
 */
@NullMarked
package dev.coracle.client.quota;

import org.jspecify.annotations.NullMarked;
