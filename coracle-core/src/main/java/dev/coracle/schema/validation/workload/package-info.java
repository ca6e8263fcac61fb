/** What makes and scales Pods: the kinds of apps, batch, autoscaling and policy. */
@NullMarked
package dev.coracle.schema.validation.workload;

import org.jspecify.annotations.NullMarked;
