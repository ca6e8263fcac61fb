package dev.coracle.cluster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.Patience;
import dev.coracle.api.Yaml;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.cli.Main;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;

/** {@code coracle up} in a process of its own, whose log a test can read. */
final class ServerProcess implements AutoCloseable {

  private final Process process;
  private final Path log;
  private final URI url;
  private final SSLContext administrator;

  private ServerProcess(Process process, Path log, URI url, SSLContext administrator) {
    this.process = process;
    this.log = log;
    this.url = url;
    this.administrator = administrator;
  }

  static ServerProcess start(Path directory, String only, String... more) throws Exception {
    Path kubeconfig = Files.createTempFile(directory, "kubeconfig", "");
    Files.delete(kubeconfig);
    Path log = directory.resolve("server.log");
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx768m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "up",
                "--data",
                directory.resolve("data").toString(),
                "--listen",
                "127.0.0.1:0",
                "--only",
                only,
                "--kubeconfig",
                kubeconfig.toString()));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      Awaitility.await()
          .until(
              () -> {
                if (!process.isAlive()) {
                  throw new IllegalStateException("ended: " + Files.readString(log));
                }
                return Files.exists(kubeconfig) && Files.size(kubeconfig) > 0;
              });
      JsonNode config = Yaml.read(Files.readAllBytes(kubeconfig));
      JsonNode cluster = config.at("/clusters/0/cluster");
      JsonNode user = config.at("/users/0/user");
      KeyAndCertificate client =
          new KeyAndCertificate(
              Pem.privateKey(decoded(user, "client-key-data")),
              Pem.certificate(decoded(user, "client-certificate-data")));
      return new ServerProcess(
          process,
          log,
          URI.create(cluster.path("server").asText()),
          tls(Pem.certificate(decoded(cluster, "certificate-authority-data")), client));
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static String decoded(JsonNode node, String field) {
    return new String(
        Base64.getDecoder().decode(node.path(field).asText()), StandardCharsets.UTF_8);
  }

  private static SSLContext tls(Certificate authority, KeyAndCertificate client) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("ca", authority);
    store.setKeyEntry(
        "admin", client.key(), new char[0], new Certificate[] {client.certificate(), authority});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  RawConnection connect() throws IOException {
    return new RawConnection(administrator.getSocketFactory(), url.getHost(), url.getPort());
  }

  /** Both streams of all runs in the directory. */
  String log() throws IOException {
    return Files.readString(log);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it as a power failure would. */
  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(Patience.SECONDS, TimeUnit.SECONDS);
  }
}
