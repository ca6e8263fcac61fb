package dev.coracle.apiserver.request;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.http.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that has passed authentication, as handlers see it, whichever door it came through.
 *
 * @param method the HTTP method
 * @param info what it asks for
 * @param query its parameters
 * @param headers as they were sent; empty for the in-memory door
 * @param user who asks, after impersonation
 * @param body what it carries
 * @param warnings for the {@code Warning} header: whoever serves the request may add some
 * @param audit what is recorded of it; null when nothing is
 */
public record ApiRequest(
    String method,
    RequestInfo info,
    Query query,
    Headers headers,
    UserInfo user,
    RequestBody body,
    List<String> warnings,
    @Nullable AuditEvent audit) {

  /**
   * @throws StatusException 405 when it is no GET
   */
  public void requireGet() {
    if (!method.equals("GET")) {
      throw StatusException.methodNotAllowed();
    }
  }
}
