/**
 * The audit log (the Kubernetes page "Auditing"): which requests are recorded how (the policy), the
 * event that a request fills as it is served, and the backends that events go to, a file and a
 * webhook. A request that no rule records costs the look at the policy; without a policy nothing
 * here is loaded.
 */
@NullMarked
package dev.coracle.apiserver.audit;

import org.jspecify.annotations.NullMarked;
