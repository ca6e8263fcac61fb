package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import dev.coracle.http.Headers;
import java.util.function.Supplier;

/**
 * A request as a door hands it to the {@link FilterChain}.
 *
 * @param info reads what it asks for; throws a StatusException when the path is broken
 * @param auditId as the client gave it, or made for it
 * @param sourceAddress of the peer; empty for the in-memory door
 */
record IncomingRequest(
    String method,
    String path,
    Supplier<RequestInfo> info,
    Query query,
    Headers headers,
    Credentials credentials,
    RequestBody body,
    String auditId,
    String sourceAddress) {}
