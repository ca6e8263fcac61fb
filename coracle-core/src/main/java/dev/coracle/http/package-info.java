/**
 * HTTP for the API server, the kubelet's server and the client: a server (HTTP/1.1, HTTP/2,
 * WebSocket, SPDY/3.1, raw tunnels) and a client, as small blocking types over Netty. Nothing of
 * Kubernetes lives here, and nothing of Netty leaves it. Certificates and contexts are made in
 * {@code tls}, commands in Pods are spoken in {@code streaming}; server, client and connections
 * stay together, since they share what no other package should see. The ambassador ({@code proxy})
 * has an event loop of its own and takes only what needs no Netty (ADR 0009).
 */
@NullMarked
package dev.coracle.http;

import org.jspecify.annotations.NullMarked;
