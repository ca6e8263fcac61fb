package dev.coracle.proxy;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The flags of {@code kubectl proxy}, with its defaults.
 *
 * @param address to listen on
 * @param port 0 picks one
 * @param unixSocket listens there instead of the port, if not null
 * @param acceptHosts comma-separated regular expressions, as the next three are
 * @param apiPrefix where the API is served
 * @param www a directory that is served too, if not null
 * @param wwwPrefix where it is served
 * @param keepAlive of connections to the API server; zero for the system's own
 * @param appendServerPath puts the path of the server's address before each request's
 */
public record ProxyOptions(
    String address,
    int port,
    @Nullable Path unixSocket,
    String acceptHosts,
    String acceptPaths,
    String rejectPaths,
    String rejectMethods,
    boolean disableFilter,
    String apiPrefix,
    @Nullable Path www,
    String wwwPrefix,
    Duration keepAlive,
    boolean appendServerPath) {

  public static final String ACCEPT_HOSTS = "^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$";
  public static final String ACCEPT_PATHS = "^.*";
  public static final String REJECT_PATHS = "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach";
  public static final String REJECT_METHODS = "^$";

  public static final ProxyOptions DEFAULTS =
      new ProxyOptions(
          "127.0.0.1",
          8001,
          null,
          ACCEPT_HOSTS,
          ACCEPT_PATHS,
          REJECT_PATHS,
          REJECT_METHODS,
          false,
          "/",
          null,
          "/static/",
          Duration.ZERO,
          false);

  public ProxyOptions {
    apiPrefix = apiPrefix.endsWith("/") ? apiPrefix : apiPrefix + "/";
    wwwPrefix = wwwPrefix.endsWith("/") ? wwwPrefix : wwwPrefix + "/";
  }

  public ProxyOptions withPort(int number) {
    return new ProxyOptions(
        address,
        number,
        unixSocket,
        acceptHosts,
        acceptPaths,
        rejectPaths,
        rejectMethods,
        disableFilter,
        apiPrefix,
        www,
        wwwPrefix,
        keepAlive,
        appendServerPath);
  }

  /** Serves a directory too. */
  public ProxyOptions withWww(Path directory, String prefix) {
    return new ProxyOptions(
        address,
        port,
        unixSocket,
        acceptHosts,
        acceptPaths,
        rejectPaths,
        rejectMethods,
        disableFilter,
        apiPrefix,
        directory,
        prefix,
        keepAlive,
        appendServerPath);
  }

  public ProxyOptions withApiPrefix(String prefix) {
    return new ProxyOptions(
        address,
        port,
        unixSocket,
        acceptHosts,
        acceptPaths,
        rejectPaths,
        rejectMethods,
        disableFilter,
        prefix,
        www,
        wwwPrefix,
        keepAlive,
        appendServerPath);
  }

  public ProxyOptions withUnixSocket(Path path) {
    return new ProxyOptions(
        address,
        port,
        path,
        acceptHosts,
        acceptPaths,
        rejectPaths,
        rejectMethods,
        disableFilter,
        apiPrefix,
        www,
        wwwPrefix,
        keepAlive,
        appendServerPath);
  }

  /** Lets every path pass that is not refused for its host or method. */
  public ProxyOptions withRejectPaths(String expressions) {
    return new ProxyOptions(
        address,
        port,
        unixSocket,
        acceptHosts,
        acceptPaths,
        expressions,
        rejectMethods,
        disableFilter,
        apiPrefix,
        www,
        wwwPrefix,
        keepAlive,
        appendServerPath);
  }
}
