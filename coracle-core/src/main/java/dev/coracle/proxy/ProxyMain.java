package dev.coracle.proxy;

import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** The ambassador's entry point: reads the flags of {@code kubectl proxy} and loads little else. */
public final class ProxyMain {

  private static final int FAILED = 1;
  private static final int BAD_COMMAND_LINE = 2;

  private ProxyMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) throws InterruptedException {
    Map<String, String> flags;
    ProxyOptions options;
    try {
      flags = flags(arguments);
      options = options(flags);
    } catch (IllegalArgumentException e) {
      System.err.println("coracle: " + e.getMessage() + "; see 'coracle proxy --help'");
      return BAD_COMMAND_LINE;
    }
    return serve(
        options,
        flags.getOrDefault("kubeconfig", ""),
        flags.getOrDefault("context", ""),
        System.out,
        System.err);
  }

  /**
   * Runs a proxy until the process is told to end.
   *
   * @return the exit code
   */
  public static int serve(
      ProxyOptions options, String kubeconfig, String context, PrintStream out, PrintStream err)
      throws InterruptedException {
    try {
      ProxyServer server = ProxyServer.start(options, config(kubeconfig, context));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread("proxy-stop") {
                @Override
                public void run() {
                  server.close();
                }
              });
      out.println("Starting to serve on " + server.address());
      out.flush();
      new CountDownLatch(1).await();
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      err.println("error: " + e.getMessage());
      return FAILED;
    }
  }

  private static Map<String, String> flags(String[] arguments) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (!argument.startsWith("-") || argument.length() < 2) {
        throw new IllegalArgumentException("unknown argument \"" + argument + "\"");
      }
      String name;
      String value = null;
      if (argument.startsWith("--")) {
        int equals = argument.indexOf('=');
        name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
        value = equals < 0 ? null : argument.substring(equals + 1);
      } else {
        name = shorthand(argument);
        if (argument.length() > 2) {
          value = argument.substring(argument.charAt(2) == '=' ? 3 : 2);
        }
      }
      if (value == null && isSwitch(name)) {
        value = "true";
      } else if (value == null) {
        if (++i == arguments.length) {
          throw new IllegalArgumentException("flag needs an argument: " + argument);
        }
        value = arguments[i];
      }
      if (!isKnown(name)) {
        throw new IllegalArgumentException("unknown flag: " + argument);
      }
      flags.put(name, value);
    }
    return flags;
  }

  private static String shorthand(String argument) {
    return switch (argument.charAt(1)) {
      case 'p' -> "port";
      case 'u' -> "unix-socket";
      case 'w' -> "www";
      case 'P' -> "www-prefix";
      default -> throw new IllegalArgumentException("unknown flag: " + argument);
    };
  }

  private static boolean isSwitch(String name) {
    return name.equals("disable-filter") || name.equals("append-server-path");
  }

  private static boolean isKnown(String name) {
    return switch (name) {
      case "port",
          "address",
          "unix-socket",
          "accept-hosts",
          "accept-paths",
          "reject-paths",
          "reject-methods",
          "disable-filter",
          "api-prefix",
          "www",
          "www-prefix",
          "keepalive",
          "append-server-path",
          "kubeconfig",
          "context" ->
          true;
      default -> false;
    };
  }

  private static ProxyOptions options(Map<String, String> flags) {
    return new ProxyOptions(
        flags.getOrDefault("address", "127.0.0.1"),
        port(flags.getOrDefault("port", "8001")),
        path(flags.getOrDefault("unix-socket", "")),
        flags.getOrDefault("accept-hosts", ProxyOptions.ACCEPT_HOSTS),
        flags.getOrDefault("accept-paths", ProxyOptions.ACCEPT_PATHS),
        flags.getOrDefault("reject-paths", ProxyOptions.REJECT_PATHS),
        flags.getOrDefault("reject-methods", ProxyOptions.REJECT_METHODS),
        truth("disable-filter", flags),
        flags.getOrDefault("api-prefix", "/"),
        path(flags.getOrDefault("www", "")),
        flags.getOrDefault("www-prefix", "/static/"),
        duration(flags.getOrDefault("keepalive", "0s")),
        truth("append-server-path", flags));
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid port \"" + text + "\"", e);
    }
    throw new IllegalArgumentException("invalid port \"" + text + "\"");
  }

  private static boolean truth(String name, Map<String, String> flags) {
    String text = flags.getOrDefault(name, "false");
    if (text.equals("true") || text.equals("false")) {
      return text.equals("true");
    }
    throw new IllegalArgumentException("invalid value \"" + text + "\" for --" + name);
  }

  public static @Nullable Path path(String text) {
    return text.isEmpty() ? null : Path.of(text);
  }

  /**
   * A duration as Go writes it, such as {@code 1m30s}.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Duration duration(String text) {
    double milliseconds = 0;
    int at = 0;
    while (at < text.length() && !text.equals("0")) {
      int end = at;
      while (end < text.length() && "0123456789.".indexOf(text.charAt(end)) >= 0) {
        end++;
      }
      long unit = 0;
      int length = 1;
      if (text.startsWith("ms", end)) {
        unit = 1;
        length = 2;
      } else if (text.startsWith("s", end)) {
        unit = 1000;
      } else if (text.startsWith("m", end)) {
        unit = 60_000;
      } else if (text.startsWith("h", end)) {
        unit = 3_600_000;
      }
      int point = text.indexOf('.', at);
      boolean twoPoints = point >= 0 && point < end && text.substring(point + 1, end).contains(".");
      if (unit == 0 || end == at || twoPoints) {
        throw new IllegalArgumentException("invalid duration \"" + text + "\" for --keepalive");
      }
      milliseconds += Double.parseDouble(text.substring(at, end)) * unit;
      at = end + length;
    }
    return Duration.ofMillis((long) milliseconds);
  }

  /** A kubeconfig if there is one, else what the Pod has. */
  private static ConnectionConfig config(String kubeconfig, String context) throws IOException {
    Map<String, String> environment = System.getenv();
    // The reader and its YAML are loaded only for a file that may be there.
    if (!kubeconfig.isEmpty() || mayHaveKubeconfig(environment)) {
      ConnectionConfig found = KubeconfigReader.read(kubeconfig, context, environment);
      if (found != null) {
        return found;
      }
    }
    // Set where a Pod's volumes are not mounted at their paths, for want of rights.
    Path root = Path.of(environment.getOrDefault("CONTAINER_SANDBOX_MOUNT_POINT", "/"));
    if (ConnectionConfig.isInCluster(environment, root)) {
      return ConnectionConfig.inCluster(environment, root);
    }
    throw new IOException("there is no kubeconfig, and this is not a Pod with a ServiceAccount");
  }

  private static boolean mayHaveKubeconfig(Map<String, String> environment) {
    if (!environment.getOrDefault("KUBECONFIG", "").isEmpty()) {
      return true;
    }
    String home = environment.getOrDefault("HOME", System.getProperty("user.home", "/"));
    return Files.exists(Path.of(home, ".kube", "config"));
  }
}
