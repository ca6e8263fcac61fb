package dev.coracle.cli.rbac;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import java.util.ArrayList;
import java.util.List;

/** A user by name, with the groups that the API server gives to whoever is named so. */
record Identity(UserInfo user) {

  private static final String ACCOUNT = "system:serviceaccount:";

  static Identity of(String name, List<String> given) {
    List<String> groups = new ArrayList<>(given);
    Identity named = new Identity(UserInfo.of(name));
    if (groups.isEmpty() && named.isServiceAccount()) {
      groups.add("system:serviceaccounts");
      groups.add("system:serviceaccounts:" + named.account()[0]);
    }
    if (groups.isEmpty() && name.startsWith("system:node:")) {
      groups.add("system:nodes");
    }
    String common =
        name.equals(UserInfo.ANONYMOUS.name()) ? "system:unauthenticated" : "system:authenticated";
    if (!groups.contains(common)) {
      groups.add(common);
    }
    return new Identity(UserInfo.of(name, groups.toArray(new String[0])));
  }

  boolean isServiceAccount() {
    return user.name().startsWith(ACCOUNT) && account().length == 2;
  }

  /** Namespace and name of the ServiceAccount. */
  String[] account() {
    return user.name().substring(ACCOUNT.length()).split(":", 2);
  }

  /** As bindings have it. */
  ObjectNode subject() {
    if (isServiceAccount()) {
      return Json.object()
          .put("kind", "ServiceAccount")
          .put("name", account()[1])
          .put("namespace", account()[0]);
    }
    return Json.object()
        .put("kind", "User")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("name", user.name());
  }
}
