package dev.coracle.auth;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import java.util.List;

/**
 * What authorization decides over: {@code authorizer.Attributes} of Kubernetes, and the {@code
 * spec} of a SubjectAccessReview.
 *
 * @param user who asks, after impersonation
 * @param verb a Kubernetes verb, or the lower-case HTTP method when this is no resource request
 * @param isResourceRequest whether group to name mean anything; else only the path does
 * @param apiGroup empty for the core group
 * @param apiVersion such as {@code v1}
 * @param resource the plural
 * @param subresource empty when there is none
 * @param namespace empty for cluster-scoped resources and for all namespaces
 * @param name empty when the request names none
 * @param path of a request outside resources, such as {@code /healthz}
 * @param fieldSelector what a list, watch or deletecollection is limited to; empty for everything
 * @param labelSelector likewise
 */
public record AuthorizationAttributes(
    UserInfo user,
    String verb,
    boolean isResourceRequest,
    String apiGroup,
    String apiVersion,
    String resource,
    String subresource,
    String namespace,
    String name,
    String path,
    List<SelectorRequirement> fieldSelector,
    List<SelectorRequirement> labelSelector) {

  public static AuthorizationAttributes of(UserInfo user, RequestInfo info) {
    return new AuthorizationAttributes(
        user,
        info.verb(),
        info.isResourceRequest(),
        info.apiGroup(),
        info.apiVersion(),
        info.resource(),
        info.subresource(),
        info.namespace(),
        info.name(),
        info.path(),
        List.of(),
        List.of());
  }

  /** A question about a resource that is not the request's own, such as an escalation check. */
  public static AuthorizationAttributes resource(
      UserInfo user,
      String verb,
      GroupVersionResource resource,
      String subresource,
      String namespace,
      String name) {
    return new AuthorizationAttributes(
        user,
        verb,
        true,
        resource.group(),
        resource.version(),
        resource.resource(),
        subresource,
        namespace,
        name,
        "",
        List.of(),
        List.of());
  }

  /** A question about a path outside resources. */
  public static AuthorizationAttributes nonResource(UserInfo user, String verb, String path) {
    return new AuthorizationAttributes(
        user, verb, false, "", "", "", "", "", "", path, List.of(), List.of());
  }

  /** The same request, as if it asked for another verb. */
  public AuthorizationAttributes withVerb(String other) {
    return with(user, other, fieldSelector, labelSelector);
  }

  /** The same request, of another user. */
  public AuthorizationAttributes withUser(UserInfo other) {
    return with(other, verb, fieldSelector, labelSelector);
  }

  /** The same request, limited by selectors. */
  public AuthorizationAttributes withSelectors(
      List<SelectorRequirement> fields, List<SelectorRequirement> labels) {
    return with(user, verb, fields, labels);
  }

  private AuthorizationAttributes with(
      UserInfo who,
      String what,
      List<SelectorRequirement> fields,
      List<SelectorRequirement> labels) {
    return new AuthorizationAttributes(
        who,
        what,
        isResourceRequest,
        apiGroup,
        apiVersion,
        resource,
        subresource,
        namespace,
        name,
        path,
        fields,
        labels);
  }

  /** {@code resource} or {@code resource/subresource}, as RBAC rules spell it. */
  public String combinedResource() {
    return subresource.isEmpty() ? resource : resource + "/" + subresource;
  }
}
