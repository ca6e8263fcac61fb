package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.InputStream;
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

  /**
   * How it went.
   *
   * @param message for people; without it when all is well
   */
  public record Result(boolean success, String message) {}

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
    return new Result(true, "");
  }

  private Result exec(JsonNode exec, String containerId, Duration timeout)
      throws InterruptedException {
    List<String> command = new ArrayList<>();
    exec.path("command").forEach(word -> command.add(word.asText()));
    try (ContainerStream stream =
        runtime.exec(containerId, new ExecRequest(command, false, false))) {
      CompletableFuture<String> output = new CompletableFuture<>();
      Thread unused =
          Thread.startVirtualThread(() -> output.complete(read(stream.stdout(), stream.stderr())));
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
        String text = output.get(1, TimeUnit.SECONDS);
        return new Result(code == 0, text);
      } catch (TimeoutException e) {
        waiting.interrupt();
        return new Result(
            false,
            "command \"" + String.join(" ", command) + "\" timed out after " + seconds(timeout));
      } catch (ExecutionException e) {
        return new Result(false, String.valueOf(e.getMessage()));
      }
    } catch (RuntimeFailure e) {
      return new Result(false, e.text());
    }
  }

  private static String read(InputStream stdout, InputStream stderr) {
    try {
      byte[] out = stdout.readNBytes(MAX_OUTPUT);
      long skipped = stdout.transferTo(java.io.OutputStream.nullOutputStream());
      byte[] err = stderr.readNBytes(MAX_OUTPUT);
      return new String(out, StandardCharsets.UTF_8)
          + (skipped > 0 ? "..." : "")
          + new String(err, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  static String seconds(Duration duration) {
    return duration.toSeconds() + "s";
  }

  /** The number of a port that may be given by its name in the container; 0 when unknown. */
  static int port(JsonNode port, JsonNode container) {
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
      return 0;
    }
  }
}
