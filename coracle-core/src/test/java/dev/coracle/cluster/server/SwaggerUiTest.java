package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Swagger UI in a real browser. */
class SwaggerUiTest {

  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final String SET_VALUE =
      """
      (function(selector, value) {
        const input = document.querySelector(selector);
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, value);
        input.dispatchEvent(new Event('input', {bubbles: true}));
        input.dispatchEvent(new Event('focusout', {bubbles: true}));
      })('%s', '%s')
      """;

  @Test
  void swaggerUi_withPastedToken_triesOutCustomResourcesAndRunsNoForeignScript(
      @TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(
        Browser.isInstalled(), "needs /usr/bin/chromium (Debian package chromium)");
    try (TestCluster cluster = TestCluster.start(withSwaggerUi(directory));
        Browser browser = new Browser(Files.createDirectory(directory.resolve("profile")))) {
      Client client = cluster.client();
      define(client);
      String token = token(client);
      await()
          .until(
              () ->
                  cluster
                      .kubectl("get", "--raw", "/openapi/v3")
                      .text()
                      .contains("apis/ui.example.com/v1"));
      browser.open(cluster.server() + "/swagger-ui/?urls.primaryName=apis%2Fui.example.com%2Fv1");
      // The page's own script is the last: before it has run, the form is sent as any other.
      browser.await("document.readyState === 'complete' && window.SwaggerUIBundle");
      browser.evaluate(
          "window.violations = 0,"
              + " document.addEventListener('securitypolicyviolation', () => window.violations++)");
      browser.evaluate(
          "document.querySelector('#token').value = '"
              + token
              + "', document.querySelector('#identity').requestSubmit()");
      browser.await("document.querySelectorAll('.opblock-tag').length > 0");
      browser.await("document.querySelector('#select option[value$=\"apis/ui.example.com/v1\"]')");
      String operation =
          "[...document.querySelectorAll('.opblock-get')].find(each =>"
              + " each.querySelector('.opblock-summary-path').textContent.replace(/\\u200b/g, '')"
              + " === '/apis/ui.example.com/v1/namespaces/{namespace}/traps')";
      browser.evaluate(
          "document.querySelectorAll('.opblock-tag-section:not(.is-open) .opblock-tag')"
              + ".forEach(tag => tag.click())");
      browser.await(operation);
      browser.evaluate(operation + ".querySelector('.opblock-summary-control').click()");
      browser.await(operation + ".querySelector('.try-out__btn')");
      browser.evaluate(operation + ".querySelector('.try-out__btn').click()");
      browser.await("document.querySelector('input[placeholder=\"namespace\"]:not([disabled])')");
      browser.evaluate(SET_VALUE.formatted("input[placeholder=\"namespace\"]", "default"));
      browser.await(operation + ".querySelector('.execute')");
      browser.evaluate(operation + ".querySelector('.execute').click()");
      browser.await(operation + ".querySelector('.live-responses-table .response-col_status')");
      assertThat(browser.evaluate(operation + ".querySelector('.live-responses-table').innerText"))
          .contains("200", "TrapList", "bear");
      // All schemas are shown, so that what a CRD says of itself is on the page.
      browser.evaluate(
          "document.querySelectorAll('.models button, .model-container button')"
              + ".forEach(button => button.click())");
      browser.screenshot(Path.of("target/swagger-ui.png"));
      assertThat(browser.evaluate("window.pwned")).isEqualTo("undefined");
      browser.evaluate(
          "document.body.insertAdjacentHTML('beforeend',"
              + " '<img src=\"/nowhere\" onerror=\"window.pwned=1\">')");
      browser.evaluate(
          "(function() { const script = document.createElement('script');"
              + " script.textContent = 'window.pwned = 2'; document.body.append(script); })()");
      browser.await("window.violations >= 2");
      assertThat(browser.evaluate("window.pwned")).isEqualTo("undefined");
    }
  }

  private static ClusterOptions withSwaggerUi(Path directory) {
    return TestCluster.options(
            directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE)
        .toBuilder()
        .swaggerUi(true)
        .build();
  }

  private static void define(Client client) throws Exception {
    client.create(
        GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
        "",
        json(
            """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
             "metadata":{"name":"traps.ui.example.com"},
             "spec":{"group":"ui.example.com","scope":"Namespaced",
              "names":{"plural":"traps","singular":"trap","kind":"Trap"},
              "versions":[{"name":"v1","served":true,"storage":true,
               "schema":{"openAPIV3Schema":{"type":"object",
                "description":"<script>window.pwned=3</script><img src=x onerror='window.pwned=4'>",
                "properties":{"spec":{"type":"object",
                 "description":"[a](javascript:window.pwned=5) <svg onload='window.pwned=6'>",
                 "properties":{"teeth":{"type":"integer"}}}}}}}]}}
            """));
    ObjectNode trap =
        json(
            """
            {"apiVersion":"ui.example.com/v1","kind":"Trap",
             "metadata":{"name":"bear","namespace":"default"},"spec":{"teeth":12}}
            """);
    GroupVersionResource traps = GroupVersionResource.of("ui.example.com", "v1", "traps");
    await()
        .ignoreExceptions()
        .until(() -> client.create(traps, "default", trap.deepCopy()) != null);
  }

  private static ObjectNode json(String text) {
    return Json.readObject(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String token(Client client) {
    await().until(() -> client.find(ACCOUNTS, "default", "default") != null);
    client.create(
        GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
        "",
        json(
            """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
             "metadata":{"name":"ui"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole",
              "name":"cluster-admin"},
             "subjects":[{"kind":"ServiceAccount","namespace":"default","name":"default"}]}
            """));
    return client
        .createSubresource(
            ACCOUNTS,
            "default",
            "default",
            "token",
            json(
                "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{}}"))
        .text("status", "token");
  }
}
