package dev.coracle.node.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpResponder;
import java.nio.charset.StandardCharsets;

/** Whole answers. */
final class Answers {

  private Answers() {}

  static void text(HttpResponder responder, int status, String text) {
    send(responder, status, "text/plain; charset=utf-8", text);
  }

  static void json(HttpResponder responder, ObjectNode tree) {
    responder.send(200, Headers.of("Content-Type", "application/json"), Json.write(tree));
  }

  static void send(HttpResponder responder, int status, String type, String text) {
    responder.send(status, Headers.of("Content-Type", type), text.getBytes(StandardCharsets.UTF_8));
  }
}
