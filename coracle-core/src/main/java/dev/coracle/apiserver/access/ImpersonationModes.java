package dev.coracle.apiserver.access;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Names;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.request.Text;
import dev.coracle.auth.AuthorizationAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ways to be allowed to act as somebody, asked in Kubernetes' order; the first that allows it
 * decides who the user then is, and if none does, the first refusal is the answer. The constrained
 * ones (KEP-5284) need a right to do this very request as somebody else ({@code
 * impersonate-on:MODE:VERB}) and one to be that user then ({@code impersonate:MODE}); the last is
 * the verb {@code impersonate}, for any request.
 */
final class ImpersonationModes {

  private static final String SERVICE_ACCOUNT = "system:serviceaccount:";
  private static final String NODE = "system:node:";
  private static final String AUTHENTICATION = "authentication.k8s.io";
  private static final String NODE_NAME = "authentication.kubernetes.io/node-name";
  private static final Pattern EXTRA_KEY = Pattern.compile("[^/]+/.+");

  /** From so many on, a right to all of them is asked for first. */
  private static final int MANY = 4;

  private final Access access;

  ImpersonationModes(Access access) {
    this.access = access;
  }

  /**
   * @param request what is asked for, by whoever asks
   * @param wanted as the headers say
   * @return who it is done as
   * @throws StatusException 403
   */
  UserInfo allow(AuthorizationAttributes request, UserInfo wanted) {
    @Nullable StatusException first = null;
    for (String mode : modes(request.user(), wanted)) {
      try {
        return mode.isEmpty()
            ? new Check(request.user(), wanted, "impersonate", "").user()
            : constrained(request, wanted, mode);
      } catch (StatusException refused) {
        first = first == null ? refused : first;
      }
    }
    throw first == null ? StatusException.forbidden("all impersonation modes failed") : first;
  }

  /** Those that are about such a user; the empty one is the old way. */
  private static List<String> modes(UserInfo asking, UserInfo wanted) {
    boolean nameOnly =
        wanted.uid().isEmpty() && wanted.groups().isEmpty() && wanted.extra().isEmpty();
    String node = node(wanted.name());
    boolean account = account(wanted.name()).length == 2;
    List<String> modes = new ArrayList<>(3);
    if (!node.isEmpty() && nameOnly) {
      if (account(asking.name()).length == 2
          && asking.extra().getOrDefault(NODE_NAME, List.of()).equals(List.of(node))) {
        modes.add("associated-node");
      }
      modes.add("arbitrary-node");
    }
    if (account && nameOnly) {
      modes.add("serviceaccount");
    }
    if (node.isEmpty() && !account) {
      modes.add("user-info");
    }
    modes.add("");
    return modes;
  }

  private UserInfo constrained(AuthorizationAttributes request, UserInfo wanted, String mode) {
    UserInfo asking = request.user();
    if (mode.equals("associated-node")) {
      // Decided for every node alike: which values the token has does not matter, only which keys.
      asking =
          new UserInfo(
              asking.name(),
              asking.uid(),
              asking.groups(),
              Map.of(
                  "authentication.kubernetes.io/associated-node-keys",
                  asking.extra().keySet().stream().sorted().toList()));
    }
    access.require(
        request.withUser(asking).withVerb("impersonate-on:" + mode + ":" + request.verb()));
    return new Check(asking, wanted, "impersonate:" + mode, AUTHENTICATION).user();
  }

  /** The node of a node's user name, or nothing. */
  private static String node(String user) {
    String name = user.startsWith(NODE) ? user.substring(NODE.length()) : "";
    return !name.isEmpty() && Names.dns1123Subdomain(name).isEmpty() ? name : "";
  }

  /** Namespace and name of a service account's user name, or nothing. */
  private static String[] account(String user) {
    String[] parts =
        user.startsWith(SERVICE_ACCOUNT)
            ? user.substring(SERVICE_ACCOUNT.length()).split(":", -1)
            : new String[0];
    boolean good =
        parts.length == 2
            && Names.dns1123Label(parts[0]).isEmpty()
            && Names.dns1123Subdomain(parts[1]).isEmpty();
    return good ? parts : new String[0];
  }

  /** The rights to be each part of a user, by one verb. */
  private final class Check {

    private final UserInfo asking;
    private final UserInfo wanted;
    private final String verb;
    private final String group;
    private final boolean constrained;

    /**
     * @param group where {@code users} and {@code groups} are
     */
    Check(UserInfo asking, UserInfo wanted, String verb, String group) {
      this.asking = asking;
      this.wanted = wanted;
      this.verb = verb;
      this.group = group;
      this.constrained = !group.isEmpty();
    }

    UserInfo user() {
      List<String> groups = new ArrayList<>(wanted.groups());
      String[] account = account(wanted.name());
      String node = constrained ? node(wanted.name()) : "";
      if (account.length == 2) {
        require(group, "serviceaccounts", "", account[0], account[1]);
        if (groups.isEmpty()) {
          groups.add("system:serviceaccounts");
          groups.add("system:serviceaccounts:" + account[0]);
        }
      } else if (!node.isEmpty()) {
        boolean associated = verb.equals("impersonate:associated-node");
        require(group, "nodes", "", "", associated ? "*" : node);
        groups.add("system:nodes");
      } else {
        require(group, "users", "", "", wanted.name());
      }
      if (!wanted.uid().isEmpty()) {
        require(AUTHENTICATION, "uids", "", "", wanted.uid());
      }
      groups();
      extra();
      String always =
          wanted.name().equals(UserInfo.ANONYMOUS.name())
              ? "system:unauthenticated"
              : "system:authenticated";
      if (!groups.contains(always) && !groups.contains("system:unauthenticated")) {
        groups.add(always);
      }
      return new UserInfo(wanted.name(), wanted.uid(), groups, wanted.extra());
    }

    private void groups() {
      if (constrained && wanted.groups().contains("")) {
        throw refused("groups", "", "impersonating the empty string group is not allowed");
      }
      if (constrained && wanted.groups().contains("system:masters")) {
        throw refused(
            "groups", "system:masters", "impersonating the system:masters group is not allowed");
      }
      if (constrained && wanted.groups().size() >= MANY && may(group, "groups", "", "*")) {
        return;
      }
      for (String each : wanted.groups()) {
        require(group, "groups", "", "", each);
      }
    }

    private void extra() {
      if (constrained) {
        wanted.extra().forEach(this::checkExtra);
        int values = wanted.extra().values().stream().mapToInt(List::size).sum();
        if (values >= MANY && may(AUTHENTICATION, "userextras", "*", "*")) {
          return;
        }
      }
      wanted
          .extra()
          .forEach(
              (key, values) ->
                  values.forEach(value -> require(AUTHENTICATION, "userextras", key, "", value)));
    }

    private void checkExtra(String key, List<String> values) {
      String why = "";
      if (key.isEmpty()) {
        why = "impersonating the empty string key in extra is not allowed";
      } else if (!EXTRA_KEY.matcher(key).matches()) {
        why =
            "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "
                + Text.quote(key)
                + ": must be a domain-prefixed path (such as \"acme.io/foo\")";
      } else if (!key.equals(key.toLowerCase(Locale.ROOT))) {
        why = "impersonating a non-lowercase key in extra is not allowed: " + Text.quote(key);
      } else if (values.contains("")) {
        why = "impersonating the empty string value in extra is not allowed";
      }
      if (!why.isEmpty()) {
        throw refused("userextras", "", why);
      }
    }

    private AuthorizationAttributes attributes(
        String in, String resource, String subresource, String namespace, String name) {
      return AuthorizationAttributes.resource(
          asking, verb, GroupVersionResource.of(in, "v1", resource), subresource, namespace, name);
    }

    private void require(
        String in, String resource, String subresource, String namespace, String name) {
      access.require(attributes(in, resource, subresource, namespace, name));
    }

    private boolean may(String in, String resource, String subresource, String name) {
      return access.allows(attributes(in, resource, subresource, "", name));
    }

    private StatusException refused(String resource, String name, String why) {
      return Access.refusal(attributes(AUTHENTICATION, resource, "", "", name), why);
    }
  }
}
