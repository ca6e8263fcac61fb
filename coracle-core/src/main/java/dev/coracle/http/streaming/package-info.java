/**
 * Kubernetes' streaming protocols on the server's side, over {@link
 * dev.coracle.http.WebSocketSession} and {@link dev.coracle.http.SpdySession}: remote commands
 * (exec, attach) and port forwarding, in every version that kubectl and client libraries speak.
 */
@NullMarked
package dev.coracle.http.streaming;

import org.jspecify.annotations.NullMarked;
