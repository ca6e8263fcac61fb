package dev.coracle.cli;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import dev.coracle.proxy.ProxyOptions;
import dev.coracle.proxy.ProxyServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code coracle proxy}: the flags and the first line of {@code kubectl proxy}. */
@Command(
    name = "proxy",
    mixinStandardHelpOptions = true,
    description = "Runs a proxy to the API server on plain HTTP, as kubectl proxy does.")
public final class ProxyCommand implements Callable<Integer> {

  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h)");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-p", "--port"},
      description = "The port to listen on; 0 picks one.",
      defaultValue = "8001")
  private int port;

  @Option(
      names = "--address",
      description = "The IP address to listen on.",
      defaultValue = "127.0.0.1")
  private String address = "127.0.0.1";

  @Option(
      names = {"-u", "--unix-socket"},
      description = "A Unix socket to listen on instead.",
      defaultValue = "")
  private String unixSocket = "";

  @Option(
      names = "--accept-hosts",
      description = "Regular expressions of hosts to accept.",
      defaultValue = ProxyOptions.ACCEPT_HOSTS)
  private String acceptHosts = ProxyOptions.ACCEPT_HOSTS;

  @Option(
      names = "--accept-paths",
      description = "Regular expressions of paths to accept.",
      defaultValue = ProxyOptions.ACCEPT_PATHS)
  private String acceptPaths = ProxyOptions.ACCEPT_PATHS;

  @Option(
      names = "--reject-paths",
      description = "Regular expressions of paths to reject, accepted or not.",
      defaultValue = ProxyOptions.REJECT_PATHS)
  private String rejectPaths = ProxyOptions.REJECT_PATHS;

  @Option(
      names = "--reject-methods",
      description = "Regular expressions of methods to reject.",
      defaultValue = ProxyOptions.REJECT_METHODS)
  private String rejectMethods = ProxyOptions.REJECT_METHODS;

  @Option(
      names = "--disable-filter",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Accepts everything; dangerous on a port that others can reach.")
  private boolean disableFilter;

  @Option(names = "--api-prefix", description = "Where the API is served.", defaultValue = "/")
  private String apiPrefix = "/";

  @Option(
      names = {"-w", "--www"},
      description = "A directory whose files are served too.",
      defaultValue = "")
  private String www = "";

  @Option(
      names = {"-P", "--www-prefix"},
      description = "Where those files are served.",
      defaultValue = "/static/")
  private String wwwPrefix = "/static/";

  @Option(
      names = "--keepalive",
      description = "The keep-alive period of connections; 0 is the system's.",
      defaultValue = "0s")
  private String keepAlive = "0s";

  @Option(
      names = "--append-server-path",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "false",
      description = "Puts the path of the server's address before each request's.")
  private boolean appendServerPath;

  @Option(names = "--kubeconfig", description = "The kubeconfig to use.", defaultValue = "")
  private String kubeconfig = "";

  @Option(names = "--context", description = "The context to use.", defaultValue = "")
  private String context = "";

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try {
      ProxyServer server = ProxyServer.start(options(), config());
      Runtime.getRuntime().addShutdownHook(new Thread(server::close, "proxy-stop"));
      out.println("Starting to serve on " + server.address());
      out.flush();
      new CountDownLatch(1).await();
      return CommandLine.ExitCode.OK;
    } catch (IOException | IllegalArgumentException e) {
      err.println("error: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private ProxyOptions options() {
    return new ProxyOptions(
        address,
        port,
        path(unixSocket),
        acceptHosts,
        acceptPaths,
        rejectPaths,
        rejectMethods,
        disableFilter,
        apiPrefix,
        path(www),
        wwwPrefix,
        duration(keepAlive),
        appendServerPath);
  }

  private static @Nullable Path path(String text) {
    return text.isEmpty() ? null : Path.of(text);
  }

  /** A duration as Go writes it, such as {@code 1m30s}. */
  private static Duration duration(String text) {
    Matcher parts = DURATION.matcher(text);
    Duration sum = Duration.ZERO;
    int end = 0;
    while (parts.find() && parts.start() == end) {
      end = parts.end();
      long unit =
          switch (parts.group(2)) {
            case "ms" -> 1;
            case "s" -> 1000;
            case "m" -> 60_000;
            default -> 3_600_000;
          };
      sum = sum.plusMillis((long) (Double.parseDouble(parts.group(1)) * unit));
    }
    if (end != text.length() && !text.equals("0")) {
      throw new IllegalArgumentException("invalid duration \"" + text + "\" for --keepalive");
    }
    return sum;
  }

  /** A kubeconfig if there is one, else what the Pod has. */
  private ConnectionConfig config() throws IOException {
    Map<String, String> environment = System.getenv();
    ConnectionConfig found = KubeconfigReader.read(kubeconfig, context, environment);
    if (found != null) {
      return found;
    }
    // Set where a Pod's volumes are not mounted at their paths, for want of rights.
    Path root = Path.of(environment.getOrDefault("CONTAINER_SANDBOX_MOUNT_POINT", "/"));
    if (ConnectionConfig.isInCluster(environment, root)) {
      return ConnectionConfig.inCluster(environment, root);
    }
    throw new IOException("there is no kubeconfig, and this is not a Pod with a ServiceAccount");
  }

  /** Runs only this command: a sidecar's entry point, which loads nothing else. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new ProxyCommand()).execute(arguments));
  }
}
