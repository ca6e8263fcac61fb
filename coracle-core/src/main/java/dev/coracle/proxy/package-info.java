/**
 * The ambassador: what {@code kubectl proxy} is, in a small process beside an application. It
 * listens on plain HTTP, filters, and asks the API server as the identity of a kubeconfig or a Pod.
 */
@NullMarked
package dev.coracle.proxy;

import org.jspecify.annotations.NullMarked;
