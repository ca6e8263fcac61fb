package dev.coracle.http.streaming;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.coracle.api.Json;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A remote command's session over one of the protocols. */
abstract class CommandConnection implements RemoteCommandSession, AutoCloseable {

  private static final ObjectReader SIZES =
      Json.mapper().reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private @Nullable JsonParser resizes;

  /** Sends the result, in the form of the protocol's version. */
  abstract void finish(CommandResult result) throws IOException;

  /** The JSON stream of terminal sizes; at its end when there is none. */
  abstract InputStream resizeStream();

  @Override
  public abstract void close();

  @Override
  public @Nullable TerminalSize nextResize() {
    try {
      JsonParser parser = resizes;
      if (parser == null) {
        parser = Json.mapper().getFactory().createParser(resizeStream());
        resizes = parser;
      }
      // more sizes follow later: what comes after this one is not waited for
      JsonNode size = SIZES.readTree(parser);
      return size == null || size.isMissingNode()
          ? null
          : new TerminalSize(
              size.path("Width").asInt(0) & 0xffff, size.path("Height").asInt(0) & 0xffff);
    } catch (IOException e) {
      return null;
    }
  }
}
