package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpResponder;
import dev.coracle.node.runtime.LogReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The logs of containers, as they are or as they grow. */
final class ContainerLogs {

  private final NodeServer.Pods pods;

  ContainerLogs(NodeServer.Pods pods) {
    this.pods = pods;
  }

  void send(HttpResponder responder, String namespace, String pod, String container, Query query)
      throws IOException {
    KubeObject found = pods.find(namespace, pod);
    if (found == null) {
      Answers.text(responder, 404, "pod \"" + pod + "\" does not exist\n");
      return;
    }
    boolean previous = query.isSet("previous");
    Path log = pods.log(namespace, pod, container, previous);
    if (log == null) {
      Answers.text(
          responder,
          400,
          previous
              ? "previous terminated container \""
                  + container
                  + "\" in pod \""
                  + pod
                  + "\" not found"
              : "container \""
                  + container
                  + "\" in pod \""
                  + pod
                  + "\" is waiting to start: "
                  + waitingReason(found, container));
      return;
    }
    LogReader.Options options;
    try {
      options = options(query);
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      Answers.text(responder, 400, String.valueOf(e.getMessage()));
      return;
    }
    if (!java.nio.file.Files.exists(log)) {
      Answers.text(
          responder,
          400,
          "container \"" + container + "\" in pod \"" + pod + "\" is waiting to start: no log yet");
      return;
    }
    try (BodyStream body =
        responder.stream(200, Headers.of("Content-Type", "text/plain; charset=utf-8"))) {
      Thread reader = Thread.currentThread();
      if (options.follow()) {
        responder.onDisconnect(reader::interrupt);
      }
      try (OutputStream out = new java.io.BufferedOutputStream(body.asOutputStream(), 16384)) {
        LogReader.copy(log, options, out);
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (InterruptedException e) {
      // The client went away.
      return;
    }
  }

  private static LogReader.Options options(Query query) {
    Instant since = null;
    if (!query.one("sinceTime").isEmpty()) {
      since = Instant.parse(query.one("sinceTime"));
    } else if (!query.one("sinceSeconds").isEmpty()) {
      since = Instant.now().minusSeconds(Long.parseLong(query.one("sinceSeconds")));
    }
    String stream = query.one("stream");
    return new LogReader.Options(
        query.isSet("follow"),
        query.number("tailLines"),
        since,
        query.isSet("timestamps"),
        query.number("limitBytes"),
        stream.isEmpty() || stream.equals("All") ? "" : stream.toLowerCase(java.util.Locale.ROOT));
  }

  private static String waitingReason(@Nullable KubeObject pod, String container) {
    String reason = "";
    if (pod != null) {
      for (String list :
          List.of("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")) {
        for (JsonNode status : pod.at("status", list)) {
          if (status.path("name").asText().equals(container)) {
            reason = status.path("state").path("waiting").path("reason").asText("");
          }
        }
      }
    }
    return reason.isEmpty() ? "ContainerCreating" : reason;
  }
}
