package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.WatchEvent;
import dev.coracle.http.ClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a watch's answer, one event a line, and tells a handler. */
final class WatchStream implements Transport.Watch, Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(WatchStream.class);

  private final ClientResponse response;
  private final Transport.WatchHandler handler;
  private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
  private volatile boolean closed;

  WatchStream(ClientResponse response, Transport.WatchHandler handler) {
    this.response = response;
    this.handler = handler;
  }

  @Override
  public void run() {
    StatusException end;
    try (response) {
      end = read();
    } catch (IOException e) {
      end = StatusException.serviceUnavailable("the watch broke: " + e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("watch: {}", e.toString(), e);
      end = StatusException.internal("watch: " + e);
    }
    if (!closed) {
      handler.ended(end);
    }
  }

  private StatusException read() throws IOException {
    for (byte[] part = response.readChunk(); part != null; part = response.readChunk()) {
      int from = 0;
      for (int i = 0; i < part.length; i++) {
        if (part[i] == '\n') {
          unfinished.write(part, from, i - from);
          from = i + 1;
          StatusException error = event(unfinished.toByteArray());
          unfinished.reset();
          if (error != null) {
            return error;
          }
        }
      }
      unfinished.write(part, from, part.length - from);
    }
    return StatusException.serviceUnavailable("the server ended the watch");
  }

  /**
   * @return what an ERROR event says, else null
   */
  private @org.jspecify.annotations.Nullable StatusException event(byte[] line) {
    if (line.length == 0 || closed) {
      return null;
    }
    ObjectNode event = Json.readObject(line);
    JsonNode object = event.path("object");
    String type = event.path("type").asText();
    if (type.equals("ERROR")) {
      return new StatusException(StatusJson.read(object, object.path("code").asInt(500)));
    }
    if (!(object instanceof ObjectNode tree)) {
      throw new IllegalArgumentException("a watch event without an object");
    }
    handler.event(new WatchEvent(WatchEvent.Type.valueOf(type), KubeObject.of(tree)));
    return null;
  }

  @Override
  public void close() {
    closed = true;
    response.close();
  }
}
