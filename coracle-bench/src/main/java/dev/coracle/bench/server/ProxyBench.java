package dev.coracle.bench.server;

import dev.coracle.bench.load.Http1Load;
import dev.coracle.bench.load.LoadResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code coracle proxy}, the ambassador: GETs over plain HTTP/1.1 through it, and its memory. */
final class ProxyBench {

  private static final Pattern ADDRESS = Pattern.compile("on (\\S+):(\\d+)");
  private static final String PATH = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt";

  private ProxyBench() {}

  static void run(Path launcher, Path kubeconfig, Consumer<Result> out)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(launcher.toString(), "proxy", "--port=0", "--kubeconfig=" + kubeconfig)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      Matcher address = ADDRESS.matcher(line == null ? "" : line);
      if (!address.find()) {
        throw new IOException("coracle proxy did not start: " + line);
      }
      int port = Integer.parseInt(address.group(2));
      Http1Load.run("127.0.0.1", port, PATH, 16, 5);
      LoadResult result = Http1Load.run("127.0.0.1", port, PATH, 16, 5);
      if (result.failures() > 0) {
        throw new IOException(result.failures() + " requests through the proxy failed");
      }
      out.accept(
          Result.rate("GET through coracle proxy, 16 connections", result.perSecond(), ">= 8 000/s")
              .by("ours, HTTP/1.1"));
      out.accept(
          Result.megabytes(
              "coracle proxy: memory under load (highest RSS)",
              Memory.resident(process.pid()),
              "<= 64 MB"));
    } finally {
      process.destroy();
      process.waitFor();
    }
  }
}
