package dev.coracle.cli;

import dev.coracle.proxy.ProxyMain;
import dev.coracle.proxy.ProxyOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code coracle proxy}: the flags and the first line of {@code kubectl proxy}. */
@Command(
    name = "proxy",
    mixinStandardHelpOptions = true,
    description = "Runs a proxy to the API server on plain HTTP, as kubectl proxy does.")
public final class ProxyCommand implements Callable<Integer> {

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
    return ProxyMain.serve(options(), kubeconfig, context, System.out, System.err);
  }

  private ProxyOptions options() {
    return ProxyOptions.builder()
        .address(address)
        .port(port)
        .unixSocket(ProxyMain.path(unixSocket))
        .acceptHosts(acceptHosts)
        .acceptPaths(acceptPaths)
        .rejectPaths(rejectPaths)
        .rejectMethods(rejectMethods)
        .disableFilter(disableFilter)
        .apiPrefix(apiPrefix)
        .www(ProxyMain.path(www))
        .wwwPrefix(wwwPrefix)
        .keepAlive(ProxyMain.duration(keepAlive))
        .appendServerPath(appendServerPath)
        .build();
  }
}
