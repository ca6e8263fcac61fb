package dev.coracle.bench.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openapitools.codegen.ClientOptInput;
import org.openapitools.codegen.DefaultGenerator;
import org.openapitools.codegen.config.CodegenConfigurator;

/** openapi-generator's Java client of our own {@code /openapi/v2}, against the running server. */
class GeneratedClientTest {

  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");

  @Test
  void generatedClient_ofOwnSwagger_compilesAndListsPods(@TempDir Path directory) throws Exception {
    ClusterOptions options =
        ClusterOptions.embedded(directory)
            .runtime(ClusterOptions.Runtime.NONE)
            .only(ClusterOptions.Part.CONTROLPLANE)
            .build();
    try (Cluster cluster = Cluster.start(options, StartupListener.SILENT)) {
      String token = administratorToken(cluster);
      SSLContext tls = tls(directory.resolve("data/pki/ca.crt"));
      Path document = directory.resolve("swagger.json");
      try (HttpClient http = HttpClient.newBuilder().sslContext(tls).build()) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(cluster.server() + "/openapi/v2"))
                .header("Authorization", "Bearer " + token)
                .build();
        assertThat(http.send(request, HttpResponse.BodyHandlers.ofFile(document)).statusCode())
            .isEqualTo(200);
      }
      Path sources = directory.resolve("client");
      generate(document, sources);
      Path classes = Files.createDirectory(directory.resolve("classes"));
      compile(sources.resolve("src/main/java"), classes);
      pod(cluster);
      assertThat(listPods(classes, cluster.server(), tls, token)).contains("name: generated");
    }
  }

  private static void generate(Path document, Path into) {
    CodegenConfigurator configurator =
        new CodegenConfigurator()
            .setGeneratorName("java")
            .setInputSpec(document.toString())
            .setOutputDir(into.toString())
            .setValidateSpec(false)
            .setApiPackage("generated.api")
            .setModelPackage("generated.model")
            .setInvokerPackage("generated")
            .addAdditionalProperty("library", "native")
            .addAdditionalProperty("openApiNullable", "false")
            .addAdditionalProperty("useJakartaEe", "true")
            .addAdditionalProperty("hideGenerationTimestamp", "true")
            .addGlobalProperty("apis", "CoreV1,Version")
            .addGlobalProperty("models", "")
            .addGlobalProperty("supportingFiles", "")
            .addGlobalProperty("apiTests", "false")
            .addGlobalProperty("modelTests", "false")
            .addGlobalProperty("apiDocs", "false")
            .addGlobalProperty("modelDocs", "false");
    ClientOptInput input = configurator.toClientOptInput();
    assertThat(new DefaultGenerator().opts(input).generate()).hasSizeGreaterThan(500);
  }

  private static void compile(Path sources, Path classes) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter problems = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> found = Files.walk(sources)) {
      List<Path> all = found.filter(path -> path.toString().endsWith(".java")).toList();
      boolean compiled =
          compiler
              .getTask(
                  problems,
                  files,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-g:none",
                      "-d",
                      classes.toString(),
                      "-classpath",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjectsFromPaths(all))
              .call();
      assertThat(compiled).as(problems.toString()).isTrue();
    }
  }

  /** What the generated CoreV1Api says of the Pods of the namespace default. */
  private static String listPods(Path classes, String server, SSLContext tls, String token)
      throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, GeneratedClientTest.class.getClassLoader())) {
      Class<?> clientClass = loader.loadClass("generated.ApiClient");
      Object client = clientClass.getConstructor().newInstance();
      clientClass.getMethod("updateBaseUri", String.class).invoke(client, server);
      clientClass
          .getMethod("setHttpClientBuilder", HttpClient.Builder.class)
          .invoke(client, HttpClient.newBuilder().sslContext(tls));
      Consumer<HttpRequest.Builder> identify =
          request -> request.header("Authorization", "Bearer " + token);
      clientClass.getMethod("setRequestInterceptor", Consumer.class).invoke(client, identify);
      Class<?> apiClass = loader.loadClass("generated.api.CoreV1Api");
      Object api = apiClass.getConstructor(clientClass).newInstance(client);
      var list =
          Arrays.stream(apiClass.getMethods())
              .filter(method -> method.getName().equals("listCoreV1NamespacedPod"))
              .min(java.util.Comparator.comparingInt(java.lang.reflect.Method::getParameterCount))
              .orElseThrow();
      Object[] arguments = new Object[list.getParameterCount()];
      arguments[0] = "default";
      return String.valueOf(list.invoke(api, arguments));
    }
  }

  private static void pod(Cluster cluster) throws InterruptedException {
    var pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", "generated").put("namespace", "default");
    pod.putObject("spec").putArray("containers").addObject().put("name", "a").put("image", "b");
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofMinutes(2))
        .until(() -> cluster.client().find(ACCOUNTS, "default", "default") != null);
    cluster.client().create(GroupVersionResource.core("pods"), "default", pod);
  }

  private static String administratorToken(Cluster cluster) {
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofMinutes(2))
        .until(() -> cluster.client().find(ACCOUNTS, "default", "default") != null);
    var binding =
        Json.object()
            .put("apiVersion", "rbac.authorization.k8s.io/v1")
            .put("kind", "ClusterRoleBinding");
    binding.putObject("metadata").put("name", "generated");
    binding
        .putObject("roleRef")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", "ClusterRole")
        .put("name", "cluster-admin");
    binding
        .putArray("subjects")
        .addObject()
        .put("kind", "ServiceAccount")
        .put("namespace", "default")
        .put("name", "default");
    cluster
        .client()
        .create(
            GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
            "",
            binding);
    var request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    request.putObject("spec");
    return cluster
        .client()
        .createSubresource(ACCOUNTS, "default", "default", "token", request)
        .text("status", "token");
  }

  private static SSLContext tls(Path authority) throws Exception {
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    try (var in = Files.newInputStream(authority)) {
      trust.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trusts =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusts.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusts.getTrustManagers(), null);
    return context;
  }
}
