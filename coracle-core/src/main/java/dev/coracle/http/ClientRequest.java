package dev.coracle.http;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request to be sent. Fields that frame the message are the client's business, except {@code
 * Upgrade}: with it the request asks for an upgrade. {@code Host} is the origin's when not given.
 *
 * @param target raw path and query
 * @param body null for none; read on a thread of its own and closed
 * @param length of the body; -1 when unknown
 */
public record ClientRequest(
    String method, String target, Headers headers, @Nullable InputStream body, long length) {

  public static ClientRequest of(String method, String target, Headers headers) {
    return new ClientRequest(method, target, headers, null, 0);
  }

  public static ClientRequest of(String method, String target, Headers headers, byte[] body) {
    return new ClientRequest(method, target, headers, new ByteArrayInputStream(body), body.length);
  }
}
