package dev.coracle.cluster.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.Patience;
import dev.coracle.api.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** Debian's Chromium, headless, with one page, spoken to by the DevTools protocol. */
final class Browser implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/chromium");

  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final WebSocket page;

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  /**
   * @param profile an empty directory
   */
  Browser(Path profile) throws Exception {
    process =
        new ProcessBuilder(
                PROGRAM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--ignore-certificate-errors",
                "--window-size=1280,1600",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolveSibling("chromium.log").toFile())
            .start();
    try {
      Path port = profile.resolve("DevToolsActivePort");
      Awaitility.await().until(() -> Files.exists(port) && Files.readString(port).contains("\n"));
      String address = "127.0.0.1:" + Files.readAllLines(port).getFirst();
      URI list = URI.create("http://" + address + "/json/list");
      HttpResponse<String> pages =
          http.send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString());
      String url = "";
      for (JsonNode target : Json.read(pages.body())) {
        if (target.path("type").asText().equals("page")) {
          url = target.path("webSocketDebuggerUrl").asText();
        }
      }
      page =
          http.newWebSocketBuilder()
              .buildAsync(URI.create(url), new Messages(waiting))
              .get(Patience.SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static final class Messages implements WebSocket.Listener {
    private final Map<Integer, CompletableFuture<JsonNode>> waiting;
    private final StringBuilder text = new StringBuilder();

    Messages(Map<Integer, CompletableFuture<JsonNode>> waiting) {
      this.waiting = waiting;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        JsonNode message = Json.read(text.toString());
        text.setLength(0);
        CompletableFuture<JsonNode> answer = waiting.remove(message.path("id").asInt(-1));
        if (answer != null) {
          answer.complete(message);
        }
      }
      socket.request(1);
      return null;
    }
  }

  private JsonNode send(String method, ObjectNode parameters) throws Exception {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    ObjectNode message = Json.object().put("id", id).put("method", method);
    message.set("params", parameters);
    page.sendText(new String(Json.write(message), java.nio.charset.StandardCharsets.UTF_8), true)
        .get(Patience.SECONDS, TimeUnit.SECONDS);
    return answer.get(Patience.SECONDS, TimeUnit.SECONDS).path("result");
  }

  void open(String url) throws Exception {
    send("Page.navigate", Json.object().put("url", url));
  }

  /** What an expression is in the page, as text. */
  String evaluate(String expression) throws Exception {
    JsonNode result =
        send(
            "Runtime.evaluate",
            Json.object()
                .put("expression", "String(" + expression + ")")
                .put("awaitPromise", true)
                .put("returnByValue", true));
    return result.path("result").path("value").asText(result.toString());
  }

  /** Waits until an expression is true; what the page shows if it never is, goes to a file. */
  void await(String expression) throws Exception {
    try {
      Awaitility.await(expression).until(() -> evaluate("!!(" + expression + ")").equals("true"));
    } catch (ConditionTimeoutException e) {
      screenshot(Path.of("target/browser.png"));
      throw e;
    }
  }

  void screenshot(Path file) throws Exception {
    JsonNode result = send("Page.captureScreenshot", Json.object().put("format", "png"));
    Files.write(file, Base64.getDecoder().decode(result.path("data").asText()));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    page.abort();
    http.shutdownNow();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.waitFor(Patience.SECONDS, TimeUnit.SECONDS);
  }
}
