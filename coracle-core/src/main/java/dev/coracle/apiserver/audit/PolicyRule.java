package dev.coracle.apiserver.audit;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a policy: every list that is not empty must fit.
 *
 * @param omitStages those of the whole policy included
 */
record PolicyRule(
    Level level,
    List<String> users,
    List<String> userGroups,
    List<String> verbs,
    List<GroupResources> resources,
    List<String> namespaces,
    List<String> nonResourceUrls,
    Set<Stage> omitStages,
    boolean omitManagedFields) {

  /** Resources of one group; no resources means all of it. */
  record GroupResources(String group, List<String> resources, List<String> resourceNames) {}

  /**
   * @param user null when authentication failed
   */
  boolean matches(@Nullable UserInfo user, RequestInfo request) {
    if (!users.isEmpty() && (user == null || !users.contains(user.name()))) {
      return false;
    }
    if (!userGroups.isEmpty()
        && (user == null || user.groups().stream().noneMatch(userGroups::contains))) {
      return false;
    }
    if (!verbs.isEmpty() && !verbs.contains(request.verb())) {
      return false;
    }
    if (!namespaces.isEmpty() || !resources.isEmpty()) {
      return request.isResourceRequest()
          && (namespaces.isEmpty() || namespaces.contains(request.namespace()))
          && (resources.isEmpty()
              || resources.stream().anyMatch(resource -> matches(resource, request)));
    }
    return nonResourceUrls.isEmpty()
        || (!request.isResourceRequest()
            && nonResourceUrls.stream().anyMatch(url -> matches(url, request.path())));
  }

  private static boolean matches(String url, String path) {
    if (url.equals("*") || url.equals(path)) {
      return true;
    }
    return url.endsWith("*") && path.startsWith(url.substring(0, url.indexOf('*')));
  }

  private static boolean matches(GroupResources wanted, RequestInfo request) {
    if (!wanted.group().equals(request.apiGroup())) {
      return false;
    }
    if (wanted.resources().isEmpty()) {
      return true;
    }
    if (!wanted.resourceNames().isEmpty() && !wanted.resourceNames().contains(request.name())) {
      return false;
    }
    String subresource = request.subresource();
    String combined =
        subresource.isEmpty() ? request.resource() : request.resource() + "/" + subresource;
    for (String resource : wanted.resources()) {
      if (resource.equals("*")
          || resource.equals(combined)
          || (!subresource.isEmpty() && resource.equals("*/" + subresource))
          || resource.equals(request.resource() + "/*")) {
        return true;
      }
    }
    return false;
  }
}
