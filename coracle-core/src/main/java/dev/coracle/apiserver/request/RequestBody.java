package dev.coracle.apiserver.request;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.http.BodyTooLargeException;
import dev.coracle.http.HttpRequest;
import java.io.IOException;

/** What a request carries: bytes from the wire, or a tree from a component of this process. */
public sealed interface RequestBody {

  /** What kube-apiserver takes at most, in bytes. */
  int LIMIT = 3 * 1024 * 1024;

  RequestBody NONE = new Bytes(new byte[0]);

  /** Bytes that are here already. */
  record Bytes(byte[] bytes) implements RequestBody {}

  /** A tree that the request owns. */
  record Tree(JsonNode tree) implements RequestBody {}

  /** What the peer sends; read once. */
  record Wire(HttpRequest request) implements RequestBody {

    /**
     * @throws StatusException 413 when it is too long, 400 when the peer breaks off
     */
    public byte[] read() {
      try {
        return request.readBody(LIMIT);
      } catch (BodyTooLargeException e) {
        throw StatusException.tooLarge("Request entity too large: limit is " + e.limit());
      } catch (IOException e) {
        throw StatusException.badRequest("unable to read the request body: " + e.getMessage());
      }
    }
  }
}
