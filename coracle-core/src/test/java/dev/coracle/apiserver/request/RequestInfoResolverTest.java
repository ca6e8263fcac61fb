package dev.coracle.apiserver.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.RequestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestInfoResolverTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          GET    | /api/v1/namespaces                                       |               | list   |      | v1 |     | namespaces  |        |     | ''
          GET    | /api/v1/namespaces/other                                 |               | get    |      | v1 | other | namespaces |       | other | ''
          PUT    | /api/v1/namespaces/other/finalize                        |               | update |      | v1 | other | namespaces | finalize | other | ''
          GET    | /api/v1/namespaces/other/pods                            |               | list   |      | v1 | other | pods |  |  | ''
          GET    | /api/v1/namespaces/other/pods                            | watch=true    | watch  |      | v1 | other | pods |  |  | ''
          GET    | /api/v1/namespaces/other/pods                            | watch=0       | list   |      | v1 | other | pods |  |  | ''
          GET    | /api/v1/namespaces/other/pods                            | watch         | watch  |      | v1 | other | pods |  |  | ''
          GET    | /api/v1/namespaces/other/pods                            | fieldSelector=metadata.name%3Dfoo | list |  | v1 | other | pods |  | foo | ''
          HEAD   | /api/v1/pods                                             |               | list   |      | v1 |       | pods |  |  | ''
          GET    | /api/v1/namespaces/other/pods/foo                        | watch=true    | get    |      | v1 | other | pods |  | foo | ''
          DELETE | /api/v1/namespaces/other/pods                            |               | deletecollection | | v1 | other | pods |  |  | ''
          DELETE | /apis/apps/v1/namespaces/other/deployments/foo           |               | delete | apps | v1 | other | deployments |  | foo | ''
          POST   | /api/v1/namespaces/other/pods/foo/exec                   |               | create |      | v1 | other | pods | exec | foo | ''
          GET    | /api/v1/watch/namespaces/other/pods/foo                  |               | watch  |      | v1 | other | pods |  | foo | ''
          GET    | /api/v1/namespaces/other/services/https:web:1/proxy/a%2Fb/c/ |           | get    |      | v1 | other | services | proxy | https:web:1 | a%2Fb/c/
          POST   | /api/v1/nodes/n1/proxy                                   |               | create |      | v1 |       | nodes | proxy | n1 | ''
          FOO    | /api/v1/pods                                             |               | ''     |      | v1 |       | pods |  |  | ''
          """)
  void resolve_resourcePath_readsAllParts(
      String method,
      String path,
      String query,
      String verb,
      String group,
      String version,
      String namespace,
      String resource,
      String subresource,
      String name,
      String rest) {
    RequestInfo info =
        RequestInfoResolver.resolve(method, path, Query.parse(query == null ? "" : query));

    assertThat(info.isResourceRequest()).isTrue();
    assertThat(info.verb()).isEqualTo(verb);
    assertThat(info.apiGroup()).isEqualTo(orEmpty(group));
    assertThat(info.apiVersion()).isEqualTo(version);
    assertThat(info.namespace()).isEqualTo(orEmpty(namespace));
    assertThat(info.resource()).isEqualTo(resource);
    assertThat(info.subresource()).isEqualTo(orEmpty(subresource));
    assertThat(info.name()).isEqualTo(orEmpty(name));
    assertThat(info.rest()).isEqualTo(rest);
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  @ParameterizedTest
  @CsvSource({
    "/",
    "/api",
    "/api/v1",
    "/apis/apps",
    "/apis/apps/v1",
    "/healthz/ping",
    "/apiz/x/y/z"
  })
  void resolve_otherPath_isNoResource(String path) {
    RequestInfo info = RequestInfoResolver.resolve("GET", path, Query.EMPTY);

    assertThat(info.isResourceRequest()).isFalse();
    assertThat(info.verb()).isEqualTo("get");
    assertThat(info.path()).isEqualTo(path);
  }
}
