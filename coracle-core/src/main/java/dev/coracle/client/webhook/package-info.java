/**
 * Calls from this process to webhooks, which conversion of custom resources and admission have in
 * common: where a {@code clientConfig} points to, whom it trusts, how long an answer may take, and
 * what a failure is called. A Service is reached by its ready endpoints, since this host may have
 * no route to cluster IPs.
 */
@NullMarked
package dev.coracle.client.webhook;

import org.jspecify.annotations.NullMarked;
