package dev.coracle.cluster.access;

import dev.coracle.api.UserInfo;

/** Who the parts of a cluster are, by Kubernetes' names. */
public final class Identities {

  /** The API server to itself. */
  public static final UserInfo API_SERVER =
      UserInfo.of("system:apiserver", "system:masters", "system:authenticated");

  /** The program that the API server is in Kubernetes. */
  public static final String API_SERVER_PROGRAM = "kube-apiserver";

  /** What acts for all simulated nodes. */
  public static final UserInfo SIMULATED_NODES =
      UserInfo.of("system:coracle:simulated-nodes", "system:masters", "system:authenticated");

  public static final String ADMIN = "kubernetes-admin";
  public static final String KUBELET_CLIENT = "kube-apiserver-kubelet-client";

  private Identities() {}

  /** A user by its name, with the groups that such names have. */
  public static UserInfo of(String name) {
    if (name.equals(API_SERVER.name())) {
      return API_SERVER;
    }
    String account = "system:serviceaccount:";
    if (name.startsWith(account)) {
      String namespace = name.substring(account.length(), name.indexOf(':', account.length()));
      return UserInfo.of(
          name,
          "system:serviceaccounts",
          "system:serviceaccounts:" + namespace,
          "system:authenticated");
    }
    if (name.startsWith("system:node:")) {
      return UserInfo.of(name, "system:nodes", "system:authenticated");
    }
    return UserInfo.of(name, "system:authenticated");
  }
}
