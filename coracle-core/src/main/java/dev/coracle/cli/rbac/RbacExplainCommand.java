package dev.coracle.cli.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.rbac.Explanation;
import dev.coracle.auth.rbac.RbacAuthorizer;
import dev.coracle.client.Client;
import dev.coracle.client.Discovery;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.config.ConnectionConfig;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code coracle rbac explain}: the server's decision, and the bindings and rules behind it. Works
 * with every Kubernetes cluster whose roles and bindings one may read.
 */
@Command(
    name = "explain",
    description = {
      "Says why a request is allowed or denied, by which binding and rule, or which come near.",
      "Exit code 0 when it is allowed, 1 when it is denied."
    },
    mixinStandardHelpOptions = true)
final class RbacExplainCommand implements Callable<Integer> {

  private static final int DENIED = 1;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final ClusterAccess access = new ClusterAccess();

  @Parameters(index = "0", paramLabel = "VERB", description = "Such as get, list or create.")
  private String verb = "";

  @Parameters(
      index = "1",
      paramLabel = "RESOURCE[.GROUP][/SUB]|/PATH",
      description = "A resource with its subresource, or a path outside resources.")
  private String what = "";

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "NAME",
      description = "Of one object.",
      defaultValue = "")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "The namespace (default: the context's).",
      defaultValue = "")
  private String namespace = "";

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "The request is for all namespaces.")
  private boolean allNamespaces;

  @Option(
      names = "--as",
      paramLabel = "USER",
      description = "Who asks, such as jane or system:serviceaccount:NAMESPACE:NAME.",
      defaultValue = "")
  private String user = "";

  @Option(names = "--as-group", paramLabel = "GROUP", description = "A group of theirs.")
  private List<String> groups = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    ConnectionConfig config = access.config();
    try (HttpsTransport transport = access.transport(config);
        SystemClock clock = new SystemClock();
        InformerFactory informers = new InformerFactory(new Client(transport), clock)) {
      Client client = new Client(transport);
      UserInfo asking = user.isEmpty() ? self(client) : Identity.of(user, groups).user();
      AuthorizationAttributes request = request(transport, asking, config.namespace());
      KubeObject review = review(client, request);
      RbacAuthorizer rbac = new RbacAuthorizer(informers);
      rbac.awaitSync();
      boolean allowed = review.at("status", "allowed").asBoolean();
      print(request, allowed, review.text("status", "reason"), Explanation.of(rbac, request));
      return allowed ? 0 : DENIED;
    }
  }

  private static UserInfo self(Client client) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authentication.k8s.io/v1")
            .put("kind", "SelfSubjectReview");
    JsonNode info =
        client
            .create(
                GroupVersionResource.of("authentication.k8s.io", "v1", "selfsubjectreviews"),
                "",
                review)
            .at("status", "userInfo");
    List<String> groups = new ArrayList<>();
    info.path("groups").forEach(group -> groups.add(group.asText()));
    return UserInfo.of(info.path("username").asText(), groups.toArray(new String[0]));
  }

  private AuthorizationAttributes request(HttpsTransport transport, UserInfo asking, String usual) {
    if (what.startsWith("/")) {
      return AuthorizationAttributes.nonResource(asking, verb, what);
    }
    int slash = what.indexOf('/');
    String resource = (slash < 0 ? what : what.substring(0, slash)).toLowerCase(Locale.ROOT);
    String subresource = slash < 0 ? "" : what.substring(slash + 1);
    for (Discovery.Resource known : Discovery.read(transport).preferred()) {
      GroupVersionResource full = known.resource();
      if (resource.equals(full.resource())
          || resource.equals(full.resource() + "." + full.group())
          || resource.equals(known.kind().toLowerCase(Locale.ROOT))) {
        String where =
            !known.namespaced() || allNamespaces ? "" : namespace.isEmpty() ? usual : namespace;
        return AuthorizationAttributes.resource(asking, verb, full, subresource, where, name);
      }
    }
    spec.commandLine()
        .getErr()
        .println("Warning: the server doesn't have a resource type '" + resource + "'");
    int dot = resource.indexOf('.');
    return AuthorizationAttributes.resource(
        asking,
        verb,
        GroupVersionResource.of(
            dot < 0 ? "" : resource.substring(dot + 1),
            "*",
            dot < 0 ? resource : resource.substring(0, dot)),
        subresource,
        allNamespaces ? "" : namespace.isEmpty() ? usual : namespace,
        name);
  }

  private static KubeObject review(Client client, AuthorizationAttributes request) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec").put("user", request.user().name());
    request.user().groups().forEach(spec.putArray("groups")::add);
    if (request.isResourceRequest()) {
      spec.putObject("resourceAttributes")
          .put("verb", request.verb())
          .put("group", request.apiGroup())
          .put("version", request.apiVersion())
          .put("resource", request.resource())
          .put("subresource", request.subresource())
          .put("namespace", request.namespace())
          .put("name", request.name());
    } else {
      spec.putObject("nonResourceAttributes")
          .put("verb", request.verb())
          .put("path", request.path());
    }
    return client.create(
        GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews"), "", review);
  }

  private void print(
      AuthorizationAttributes request, boolean allowed, String reason, Explanation why) {
    PrintWriter out = spec.commandLine().getOut();
    out.println((allowed ? "allowed: " : "denied: ") + sentence(request));
    if (allowed && why.allowing().isEmpty()) {
      out.println(
          request.user().groups().contains("system:masters")
              ? "  by membership in system:masters, before any policy is asked"
              : "  not by RBAC" + (reason.isEmpty() ? "" : ": " + reason));
    }
    if (!allowed && !reason.isEmpty()) {
      out.println("  reason: " + reason);
    }
    why.allowing().forEach(line -> out.println("  by " + line));
    if (!allowed) {
      if (why.near().isEmpty()) {
        out.println("  no binding of this user or its groups comes near");
      }
      why.near().forEach(line -> out.println("  near: " + line));
      if (!why.roles().isEmpty()) {
        out.println("  would do if bound: " + String.join(", ", why.roles()));
      }
    }
    out.flush();
  }

  private static String sentence(AuthorizationAttributes request) {
    String who = request.user().name() + " " + request.verb() + " ";
    if (!request.isResourceRequest()) {
      return who + request.path();
    }
    return who
        + request.combinedResource()
        + (request.apiGroup().isEmpty() ? "" : " in the group " + request.apiGroup())
        + (request.name().isEmpty() ? "" : " named " + request.name())
        + (request.namespace().isEmpty()
            ? " in the whole cluster"
            : " in the namespace " + request.namespace());
  }
}
