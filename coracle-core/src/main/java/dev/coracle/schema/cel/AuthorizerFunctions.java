package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.runtime.CelEvaluationException;
import dev.coracle.api.Names;
import dev.coracle.api.UserInfo;
import java.util.List;
import java.util.Map;

/** Kubernetes' authorizer library: questions are built step by step and end with {@code check}. */
final class AuthorizerFunctions {

  static final CelType AUTHORIZER = OpaqueType.create("kubernetes.authorization.Authorizer");
  static final CelType RESOURCE = OpaqueType.create("kubernetes.authorization.ResourceCheck");

  /** The value of {@code authorizer}: who would ask whom. */
  record Authorizer(AccessCheck access, UserInfo user) {}

  private record PathCheck(Authorizer authorizer, String path) {}

  private record GroupCheck(Authorizer authorizer, String group) {}

  /** The value of {@code authorizer.requestResource}, and of {@code group().resource()}. */
  record ResourceCheck(
      Authorizer authorizer,
      String group,
      String version,
      String resource,
      String subresource,
      String namespace,
      String name) {}

  private AuthorizerFunctions() {}

  static void add(Functions functions) {
    functions.type(AUTHORIZER.name(), Authorizer.class);
    functions.type(RESOURCE.name(), ResourceCheck.class);
    CelType path = functions.type("kubernetes.authorization.PathCheck", PathCheck.class);
    CelType group = functions.type("kubernetes.authorization.GroupCheck", GroupCheck.class);
    CelType decision =
        functions.type("kubernetes.authorization.Decision", AccessCheck.Answer.class);
    functions.member(
        "path", path, call -> path((Authorizer) call[0], (String) call[1]), AUTHORIZER, STRING);
    functions.member(
        "group",
        group,
        call -> new GroupCheck((Authorizer) call[0], (String) call[1]),
        AUTHORIZER,
        STRING);
    functions.member(
        "serviceAccount",
        AUTHORIZER,
        call -> account((Authorizer) call[0], (String) call[1], (String) call[2]),
        AUTHORIZER,
        STRING,
        STRING);
    functions.member(
        "check", decision, call -> check((PathCheck) call[0], (String) call[1]), path, STRING);
    functions.member(
        "resource",
        RESOURCE,
        call -> resource((GroupCheck) call[0], (String) call[1]),
        group,
        STRING);
    resources(functions, decision);
    functions.member("allowed", BOOL, call -> ((AccessCheck.Answer) call[0]).allowed(), decision);
    functions.member("reason", STRING, call -> ((AccessCheck.Answer) call[0]).reason(), decision);
    functions.member(
        "errored", BOOL, call -> !((AccessCheck.Answer) call[0]).error().isEmpty(), decision);
    functions.member("error", STRING, call -> ((AccessCheck.Answer) call[0]).error(), decision);
  }

  private static void resources(Functions functions, CelType decision) {
    functions.member(
        "subresource",
        RESOURCE,
        call -> {
          ResourceCheck of = (ResourceCheck) call[0];
          return with(of, (String) call[1], of.namespace(), of.name());
        },
        RESOURCE,
        STRING);
    functions.member(
        "namespace",
        RESOURCE,
        call -> {
          ResourceCheck of = (ResourceCheck) call[0];
          return with(of, of.subresource(), (String) call[1], of.name());
        },
        RESOURCE,
        STRING);
    functions.member(
        "name",
        RESOURCE,
        call -> {
          ResourceCheck of = (ResourceCheck) call[0];
          return with(of, of.subresource(), of.namespace(), (String) call[1]);
        },
        RESOURCE,
        STRING);
    // Selectors narrow a question; whoever may do it to all may do it to some.
    functions.member("fieldSelector", RESOURCE, call -> call[0], RESOURCE, STRING);
    functions.member("labelSelector", RESOURCE, call -> call[0], RESOURCE, STRING);
    functions.member(
        "check",
        decision,
        call -> check((ResourceCheck) call[0], (String) call[1]),
        RESOURCE,
        STRING);
  }

  private static ResourceCheck with(
      ResourceCheck of, String subresource, String namespace, String name) {
    return new ResourceCheck(
        of.authorizer(), of.group(), of.version(), of.resource(), subresource, namespace, name);
  }

  private static PathCheck path(Authorizer authorizer, String path) throws CelEvaluationException {
    if (path.isEmpty()) {
      throw Functions.failure("path must not be empty");
    }
    return new PathCheck(authorizer, path);
  }

  private static ResourceCheck resource(GroupCheck of, String resource)
      throws CelEvaluationException {
    if (resource.isEmpty()) {
      throw Functions.failure("resource must not be empty");
    }
    return new ResourceCheck(of.authorizer(), of.group(), "*", resource, "", "", "");
  }

  private static Authorizer account(Authorizer of, String namespace, String name)
      throws CelEvaluationException {
    if (!Names.dns1123Subdomain(name).isEmpty()) {
      throw Functions.failure("Invalid service account name");
    }
    if (!Names.dns1123Label(namespace).isEmpty()) {
      throw Functions.failure("Invalid service account namespace");
    }
    return new Authorizer(
        of.access(),
        new UserInfo(
            "system:serviceaccount:" + namespace + ":" + name,
            "",
            List.of(
                "system:serviceaccounts",
                "system:serviceaccounts:" + namespace,
                "system:authenticated"),
            Map.of()));
  }

  private static AccessCheck.Answer check(PathCheck of, String verb) {
    return of.authorizer()
        .access()
        .check(
            new AccessCheck.Question(
                of.authorizer().user(), verb, of.path(), "", "", "", "", "", ""));
  }

  private static AccessCheck.Answer check(ResourceCheck of, String verb) {
    return of.authorizer()
        .access()
        .check(
            new AccessCheck.Question(
                of.authorizer().user(),
                verb,
                "",
                of.group(),
                of.version(),
                of.resource(),
                of.subresource(),
                of.namespace(),
                of.name()));
  }
}
