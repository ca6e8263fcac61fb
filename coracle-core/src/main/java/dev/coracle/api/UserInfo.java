package dev.coracle.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a request.
 *
 * @param name such as {@code system:serviceaccount:default:default}
 * @param uid unique over time; empty when the authenticator has none
 * @param groups such as {@code system:authenticated}
 * @param extra what else the authenticator knows, by key
 */
public record UserInfo(
    String name, String uid, List<String> groups, Map<String, List<String>> extra) {

  public static final UserInfo ANONYMOUS =
      new UserInfo("system:anonymous", "", List.of("system:unauthenticated"), Map.of());

  private static final String NODE = "system:node:";

  public UserInfo {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  /**
   * The node that this user is: {@code NAME} of {@code system:node:NAME} in the group {@code
   * system:nodes}. Null for all other users; empty for a node without a name.
   */
  public @Nullable String node() {
    return name.startsWith(NODE) && groups.contains("system:nodes")
        ? name.substring(NODE.length())
        : null;
  }

  public static UserInfo of(String name, String... groups) {
    return new UserInfo(name, "", List.of(groups), Map.of());
  }
}
