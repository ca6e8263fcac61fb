package dev.coracle.registry;

import dev.coracle.api.UserInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who asks, and what is to be said besides the answer.
 *
 * @param user after impersonation
 * @param userAgent the default field manager is made of it; may be empty
 * @param warnings messages for the {@code Warning} header, added while the request is served
 * @param auditAnnotations of the request's audit event, added while the request is served
 */
public record RequestContext(
    UserInfo user, String userAgent, List<String> warnings, Map<String, String> auditAnnotations) {

  public RequestContext(UserInfo user, String userAgent, List<String> warnings) {
    this(user, userAgent, warnings, new LinkedHashMap<>());
  }

  public static RequestContext of(UserInfo user, String userAgent) {
    return new RequestContext(user, userAgent, new ArrayList<>());
  }
}
