package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What probes and lifecycle hooks do: run a command, make an HTTP request, open a connection. */
public final class Handlers {

  /** How something went. */
  public enum Outcome {
    SUCCESS,
    /** Success with something to say. */
    WARNING,
    FAILURE,
    /** It could not be tried: neither success nor failure. */
    UNKNOWN
  }

  /**
   * How it went.
   *
   * @param message for people; without it when all is well
   */
  public record Result(Outcome outcome, String message) {
    static final Result SUCCESS = new Result(Outcome.SUCCESS, "");

    public boolean success() {
      return outcome == Outcome.SUCCESS || outcome == Outcome.WARNING;
    }
  }

  /** A port's name that the container does not have. */
  static final class UnknownPortException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String name;

    UnknownPortException(String name) {
      this.name = name;
    }

    Result result() {
      return new Result(Outcome.UNKNOWN, "strconv.Atoi: parsing \"" + name + "\": invalid syntax");
    }
  }

  private static final int MAX_OUTPUT = 10 * 1024;

  private final ContainerRuntime runtime;
  private final String node;

  /**
   * @param node the node's own address, for Pods on its network
   */
  public Handlers(ContainerRuntime runtime, String node) {
    this.runtime = runtime;
    this.node = node;
  }

  /**
   * Runs a lifecycle hook: as a probe, but any answer by HTTP is good.
   *
   * @param hook with one of exec, httpGet, sleep
   */
  public Result hook(
      JsonNode hook, JsonNode container, String containerId, String podIp, Duration timeout)
      throws InterruptedException {
    return hook.has("httpGet")
        ? HttpProbe.call(hook.path("httpGet"), container, podIp.isEmpty() ? node : podIp, timeout)
        : run(hook, container, containerId, podIp, timeout);
  }

  /**
   * Does what a handler says, once.
   *
   * @param handler with one of exec, httpGet, tcpSocket, grpc, sleep
   * @param podIp the Pod's address; empty for the node's
   */
  public Result run(
      JsonNode handler, JsonNode container, String containerId, String podIp, Duration timeout)
      throws InterruptedException {
    String host = podIp.isEmpty() ? node : podIp;
    if (handler.has("exec")) {
      return exec(handler.path("exec"), containerId, timeout);
    }
    if (handler.has("httpGet")) {
      return HttpProbe.get(handler.path("httpGet"), container, host, timeout);
    }
    if (handler.has("tcpSocket")) {
      return TcpProbe.connect(handler.path("tcpSocket"), container, host, timeout);
    }
    if (handler.has("grpc")) {
      return GrpcProbe.check(handler.path("grpc"), host, timeout);
    }
    if (handler.has("sleep")) {
      Thread.sleep(Duration.ofSeconds(handler.path("sleep").path("seconds").asLong()));
    }
    return Result.SUCCESS;
  }

  private Result exec(JsonNode exec, String containerId, Duration timeout)
      throws InterruptedException {
    List<String> command = new ArrayList<>();
    exec.path("command").forEach(word -> command.add(word.asText()));
    try (ContainerStream stream =
        runtime.exec(containerId, new ExecRequest(command, false, false))) {
      CompletableFuture<String> out = read(stream.stdout());
      CompletableFuture<String> err = read(stream.stderr());
      CompletableFuture<Integer> exit = new CompletableFuture<>();
      Thread waiting =
          Thread.startVirtualThread(
              () -> {
                try {
                  exit.complete(stream.await());
                } catch (InterruptedException e) {
                  exit.completeExceptionally(e);
                }
              });
      try {
        int code = exit.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        String text = out.get(1, TimeUnit.SECONDS) + err.get(1, TimeUnit.SECONDS);
        return new Result(code == 0 ? Outcome.SUCCESS : Outcome.FAILURE, text);
      } catch (TimeoutException e) {
        waiting.interrupt();
        return new Result(
            Outcome.FAILURE,
            "command timed out: \""
                + String.join(" ", command)
                + "\" timed out after "
                + seconds(timeout));
      } catch (ExecutionException e) {
        return new Result(Outcome.FAILURE, String.valueOf(e.getMessage()));
      }
    } catch (RuntimeFailure e) {
      return new Result(Outcome.UNKNOWN, "failed to exec in container: " + e.text());
    }
  }

  /** All of it, so that the command can go on; the first of it is kept. */
  private static CompletableFuture<String> read(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread unused =
        Thread.startVirtualThread(
            () -> {
              try {
                byte[] first = stream.readNBytes(MAX_OUTPUT);
                long more = stream.transferTo(OutputStream.nullOutputStream());
                text.complete(new String(first, StandardCharsets.UTF_8) + (more > 0 ? "..." : ""));
              } catch (IOException e) {
                text.complete(String.valueOf(e.getMessage()));
              }
            });
    return text;
  }

  static String seconds(Duration duration) {
    return duration.toSeconds() + "s";
  }

  /** The number of a port that may be given by its name in the container. */
  static int port(JsonNode port, JsonNode container) throws UnknownPortException {
    if (port.isNumber()) {
      return port.asInt();
    }
    String name = port.asText("");
    for (JsonNode known : container.path("ports")) {
      if (known.path("name").asText("").equals(name)) {
        return known.path("containerPort").asInt();
      }
    }
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new UnknownPortException(name);
    }
  }
}
