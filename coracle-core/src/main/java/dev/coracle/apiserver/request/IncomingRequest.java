package dev.coracle.apiserver.request;

import dev.coracle.api.RequestInfo;
import dev.coracle.apiserver.filter.FilterChain;
import dev.coracle.http.Headers;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request as a door hands it to the {@link FilterChain}.
 *
 * @param path as it was sent, without the query
 * @param info reads what it asks for; throws a StatusException when the path is broken
 * @param uri path and query as they were sent; asked for only when somebody records it
 * @param auditId as the client gave it, or made for it; asked for only when somebody records it
 * @param peer null for the in-memory door
 */
public record IncomingRequest(
    String method,
    String path,
    Supplier<RequestInfo> info,
    Query query,
    Headers headers,
    Credentials credentials,
    RequestBody body,
    Supplier<String> uri,
    Supplier<String> auditId,
    @Nullable SocketAddress peer) {}
