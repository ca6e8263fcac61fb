package dev.coracle.apiserver.access;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.request.Text;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.http.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Acting as another user ({@code Impersonate-User}, {@code -Group}, {@code -Uid}, {@code -Extra-*};
 * the Kubernetes page "User impersonation").
 */
public final class Impersonation {

  private static final String EXTRA = "impersonate-extra-";
  private final ImpersonationModes modes;

  public Impersonation(Access access) {
    this.modes = new ImpersonationModes(access);
  }

  /**
   * The user to act as: the authenticated one when the headers ask for nothing.
   *
   * @throws StatusException 403 when it is not allowed, 400 when a user is missing
   */
  public UserInfo apply(UserInfo user, Headers headers, RequestInfo info) {
    String name = headers.first("impersonate-user", "");
    List<String> groups = headers.all("impersonate-group");
    String uid = headers.first("impersonate-uid", "");
    Map<String, List<String>> extra = extra(headers);
    if (name.isEmpty()) {
      if (groups.isEmpty() && uid.isEmpty() && extra.isEmpty()) {
        return user;
      }
      throw StatusException.badRequest(
          "requested " + goUser(uid, groups, extra) + " without impersonating a user name");
    }
    return modes.allow(
        AuthorizationAttributes.of(user, info), new UserInfo(name, uid, groups, extra));
  }

  /** As Go prints a user without a name. */
  private static String goUser(String uid, List<String> groups, Map<String, List<String>> extra) {
    StringBuilder text = new StringBuilder("&user.DefaultInfo{Name:\"\", UID:");
    text.append(Text.quote(uid)).append(", Groups:[]string");
    text.append(groups.isEmpty() ? "(nil)" : goStrings(groups))
        .append(", Extra:map[string][]string");
    if (extra.isEmpty()) {
      return text.append("(nil)}").toString();
    }
    List<String> entries = new ArrayList<>();
    extra.forEach((key, values) -> entries.add(Text.quote(key) + ":[]string" + goStrings(values)));
    return text.append('{').append(String.join(", ", entries)).append("}}").toString();
  }

  private static String goStrings(List<String> values) {
    List<String> quoted = new ArrayList<>();
    values.forEach(value -> quoted.add(Text.quote(value)));
    return "{" + String.join(", ", quoted) + "}";
  }

  private static Map<String, List<String>> extra(Headers headers) {
    Map<String, List<String>> extra = new TreeMap<>();
    headers.forEach(
        (field, value) -> {
          String lower = field.toLowerCase(Locale.ROOT);
          if (lower.startsWith(EXTRA)) {
            String key = unescape(lower.substring(EXTRA.length()));
            extra.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
          }
        });
    return extra;
  }

  private static String unescape(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key;
    }
  }
}
