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

  public ProxyOptions {
    apiPrefix = apiPrefix.endsWith("/") ? apiPrefix : apiPrefix + "/";
    wwwPrefix = wwwPrefix.endsWith("/") ? wwwPrefix : wwwPrefix + "/";
  }

  /** The defaults of {@code kubectl proxy}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Sets what differs from the defaults. */
  public static final class Builder {

    private String address = "127.0.0.1";
    private int port = 8001;
    private @Nullable Path unixSocket;
    private String acceptHosts = ACCEPT_HOSTS;
    private String acceptPaths = ACCEPT_PATHS;
    private String rejectPaths = REJECT_PATHS;
    private String rejectMethods = REJECT_METHODS;
    private boolean disableFilter;
    private String apiPrefix = "/";
    private @Nullable Path www;
    private String wwwPrefix = "/static/";
    private Duration keepAlive = Duration.ZERO;
    private boolean appendServerPath;

    private Builder() {}

    public Builder address(String value) {
      address = value;
      return this;
    }

    public Builder port(int value) {
      port = value;
      return this;
    }

    public Builder unixSocket(@Nullable Path value) {
      unixSocket = value;
      return this;
    }

    public Builder acceptHosts(String value) {
      acceptHosts = value;
      return this;
    }

    public Builder acceptPaths(String value) {
      acceptPaths = value;
      return this;
    }

    public Builder rejectPaths(String value) {
      rejectPaths = value;
      return this;
    }

    public Builder rejectMethods(String value) {
      rejectMethods = value;
      return this;
    }

    public Builder disableFilter(boolean value) {
      disableFilter = value;
      return this;
    }

    public Builder apiPrefix(String value) {
      apiPrefix = value;
      return this;
    }

    public Builder www(@Nullable Path value) {
      www = value;
      return this;
    }

    public Builder wwwPrefix(String value) {
      wwwPrefix = value;
      return this;
    }

    public Builder keepAlive(Duration value) {
      keepAlive = value;
      return this;
    }

    public Builder appendServerPath(boolean value) {
      appendServerPath = value;
      return this;
    }

    public ProxyOptions build() {
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
          www,
          wwwPrefix,
          keepAlive,
          appendServerPath);
    }
  }
}
