package dev.coracle.apiserver.filter;

import dev.coracle.api.RequestInfo;
import dev.coracle.apiserver.paths.AuthorizationsEndpoint;
import java.util.Set;

/** Requests that take as long as their client likes: no place among those in flight is theirs. */
public final class LongRunning {

  private static final Set<String> SUBRESOURCES =
      Set.of("attach", "exec", "log", "portforward", "proxy");

  private LongRunning() {}

  public static boolean is(RequestInfo info) {
    return info.verb().equals("watch")
        || info.verb().equals("proxy")
        || info.path().equals(AuthorizationsEndpoint.PATH)
        || SUBRESOURCES.contains(info.subresource());
  }
}
