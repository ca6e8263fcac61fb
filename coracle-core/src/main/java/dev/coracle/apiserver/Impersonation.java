package dev.coracle.apiserver;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
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
 * the Kubernetes page "User impersonation"): each part needs the right to impersonate it.
 */
final class Impersonation {

  private static final String EXTRA = "impersonate-extra-";
  private static final String SERVICE_ACCOUNT = "system:serviceaccount:";
  private static final String NODE = "system:node:";
  private static final String AUTHENTICATION = "authentication.k8s.io";
  private static final String AUTHENTICATED = "system:authenticated";
  private static final String UNAUTHENTICATED = "system:unauthenticated";

  private final Access access;

  Impersonation(Access access) {
    this.access = access;
  }

  /**
   * The user to act as: the authenticated one when the headers ask for nothing.
   *
   * @throws StatusException 403 when it is not allowed, 400 when a user is missing
   */
  UserInfo apply(UserInfo user, Headers headers, RequestInfo info) {
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
    requireRights(user, info, new UserInfo(name, uid, groups, extra));
    return new UserInfo(name, uid, groupsOf(name, groups), extra);
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

  /** The verb impersonate for each part, or constrained impersonation of this one request. */
  private void requireRights(UserInfo user, RequestInfo info, UserInfo wanted) {
    String[] account = serviceAccount(wanted.name());
    try {
      String core = "";
      if (account.length == 2) {
        require(user, "impersonate", core, "serviceaccounts", "", account[0], account[1]);
      } else {
        require(user, "impersonate", core, "users", "", "", wanted.name());
      }
      requireParts(user, "impersonate", core, wanted);
    } catch (StatusException refused) {
      requireConstrained(user, info, wanted, account);
    }
  }

  /**
   * KEP-5284: a right to do this request as somebody else ({@code impersonate-on:MODE:VERB}), and
   * one to be that user in such requests ({@code impersonate:MODE}).
   */
  private void requireConstrained(
      UserInfo user, RequestInfo info, UserInfo wanted, String[] account) {
    boolean node = wanted.name().startsWith(NODE);
    String mode = account.length == 2 ? "serviceaccount" : node ? "arbitrary-node" : "user-info";
    AuthorizationAttributes request = AuthorizationAttributes.of(user, info);
    access.require(request.withVerb("impersonate-on:" + mode + ":" + info.verb()));
    String verb = "impersonate:" + mode;
    if (account.length == 2) {
      require(user, verb, AUTHENTICATION, "serviceaccounts", "", account[0], account[1]);
    } else if (node) {
      String name = wanted.name().substring(NODE.length());
      require(user, verb, AUTHENTICATION, "nodes", "", "", name);
    } else {
      require(user, verb, AUTHENTICATION, "users", "", "", wanted.name());
    }
    requireParts(user, "impersonate:user-info", AUTHENTICATION, wanted);
  }

  private void requireParts(UserInfo user, String verb, String groupsIn, UserInfo wanted) {
    for (String group : wanted.groups()) {
      require(user, verb, groupsIn, "groups", "", "", group);
    }
    if (!wanted.uid().isEmpty()) {
      require(user, verb, AUTHENTICATION, "uids", "", "", wanted.uid());
    }
    wanted
        .extra()
        .forEach(
            (key, values) ->
                values.forEach(
                    value -> require(user, verb, AUTHENTICATION, "userextras", key, "", value)));
  }

  private void require(
      UserInfo user,
      String verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name) {
    access.require(
        AuthorizationAttributes.resource(
            user,
            verb,
            GroupVersionResource.of(group, "v1", resource),
            subresource,
            namespace,
            name));
  }

  private static List<String> groupsOf(String name, List<String> asked) {
    List<String> groups = new ArrayList<>(asked);
    String[] account = serviceAccount(name);
    if (groups.isEmpty() && account.length == 2) {
      groups.add("system:serviceaccounts");
      groups.add("system:serviceaccounts:" + account[0]);
    }
    if (!groups.contains(AUTHENTICATED) && !groups.contains(UNAUTHENTICATED)) {
      groups.add(name.equals(UserInfo.ANONYMOUS.name()) ? UNAUTHENTICATED : AUTHENTICATED);
    }
    return groups;
  }

  /** Namespace and name of a service account's user name, or nothing. */
  private static String[] serviceAccount(String name) {
    return name.startsWith(SERVICE_ACCOUNT)
        ? name.substring(SERVICE_ACCOUNT.length()).split(":", -1)
        : new String[0];
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
      return URLDecoder.decode(key, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key;
    }
  }
}
