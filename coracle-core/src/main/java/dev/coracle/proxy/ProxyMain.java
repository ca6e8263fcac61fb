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
      System.err.println("Error: " + e.getMessage());
      System.err.println("See 'coracle proxy --help' for usage.");
      return FAILED;
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
      if (options.port() > 65_535 || options.port() < 0) {
        throw new IOException("listen tcp: address " + options.port() + ": invalid port");
      }
      if (options.disableFilter() && options.unixSocket() == null) {
        err.println(
            "Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious");
      }
      Path www = options.www();
      if (www != null && !Files.isDirectory(www)) {
        err.println(
            Files.exists(www)
                ? "Static file directory " + www + " is not a directory"
                : "Failed to stat static file directory "
                    + www
                    + ": stat "
                    + www
                    + ": no such file or directory");
      }
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
        // kubectl takes no notice of them either.
        continue;
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
      if (!isKnown(name)) {
        throw new IllegalArgumentException("unknown flag: --" + name);
      }
      if (value == null && isSwitch(name)) {
        value = "true";
      } else if (value == null) {
        if (++i == arguments.length) {
          throw new IllegalArgumentException("flag needs an argument: " + argument);
        }
        value = arguments[i];
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
      default ->
          throw new IllegalArgumentException(
              "unknown shorthand flag: '" + argument.charAt(1) + "' in " + argument);
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
    if (!flags.getOrDefault("unix-socket", "").isEmpty()
        && !flags.getOrDefault("port", "8001").equals("8001")) {
      throw new IllegalArgumentException("cannot set --unix-socket and --port at the same time");
    }
    return ProxyOptions.builder()
        .address(flags.getOrDefault("address", "127.0.0.1"))
        .port(port(flags.getOrDefault("port", "8001")))
        .unixSocket(path(flags.getOrDefault("unix-socket", "")))
        .acceptHosts(flags.getOrDefault("accept-hosts", ProxyOptions.ACCEPT_HOSTS))
        .acceptPaths(flags.getOrDefault("accept-paths", ProxyOptions.ACCEPT_PATHS))
        .rejectPaths(flags.getOrDefault("reject-paths", ProxyOptions.REJECT_PATHS))
        .rejectMethods(flags.getOrDefault("reject-methods", ProxyOptions.REJECT_METHODS))
        .disableFilter(truth("disable-filter", flags))
        .apiPrefix(flags.getOrDefault("api-prefix", "/"))
        .www(path(flags.getOrDefault("www", "")))
        .wwwPrefix(flags.getOrDefault("www-prefix", "/static/"))
        .keepAlive(duration(flags.getOrDefault("keepalive", "0s")))
        .appendServerPath(truth("append-server-path", flags))
        .build();
  }

  private static int port(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "invalid argument \""
              + text
              + "\" for \"-p, --port\" flag: strconv.ParseInt: parsing \""
              + text
              + "\": invalid syntax",
          e);
    }
  }

  private static boolean truth(String name, Map<String, String> flags) {
    String text = flags.getOrDefault(name, "false");
    return switch (text) {
      case "1", "t", "T", "TRUE", "true", "True" -> true;
      case "0", "f", "F", "FALSE", "false", "False" -> false;
      default ->
          throw new IllegalArgumentException(
              "invalid argument \""
                  + text
                  + "\" for \"--"
                  + name
                  + "\" flag: strconv.ParseBool: parsing \""
                  + text
                  + "\": invalid syntax");
    };
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
    boolean negative = text.startsWith("-");
    int at = negative || text.startsWith("+") ? 1 : 0;
    if (text.substring(at).equals("0")) {
      return Duration.ZERO;
    }
    double nanoseconds = 0;
    boolean some = false;
    while (at < text.length()) {
      int end = at;
      while (end < text.length() && "0123456789.".indexOf(text.charAt(end)) >= 0) {
        end++;
      }
      int unitEnd = end;
      while (unitEnd < text.length() && "0123456789.".indexOf(text.charAt(unitEnd)) < 0) {
        unitEnd++;
      }
      double unit = unit(text.substring(end, unitEnd));
      int point = text.indexOf('.', at);
      boolean twoPoints = point >= 0 && point < end && text.substring(point + 1, end).contains(".");
      if (unit == 0 || end == at || twoPoints || end == at + 1 && point == at) {
        some = false;
        break;
      }
      nanoseconds += Double.parseDouble(text.substring(at, end)) * unit;
      at = unitEnd;
      some = true;
    }
    if (!some) {
      throw new IllegalArgumentException(
          "invalid argument \""
              + text
              + "\" for \"--keepalive\" flag: time: invalid duration \""
              + text
              + "\"");
    }
    return Duration.ofNanos((long) (negative ? -nanoseconds : nanoseconds));
  }

  private static double unit(String name) {
    return switch (name) {
      case "ns" -> 1;
      case "us", "µs", "μs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      case "h" -> 3600e9;
      default -> 0;
    };
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
    String home = environment.getOrDefault("HOME", "");
    return !home.isEmpty() && Files.exists(Path.of(home, ".kube", "config"));
  }
}
