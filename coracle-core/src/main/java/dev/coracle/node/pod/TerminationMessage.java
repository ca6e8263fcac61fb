package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.node.runtime.LogReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code state.terminated.message}: what a container left to be read of it. */
final class TerminationMessage {

  private static final int FROM_FILE = 4096;
  private static final int FROM_LOG = 2048;
  private static final int LOG_LINES = 80;

  private TerminationMessage() {}

  /**
   * @param file where its {@code terminationMessagePath} is on the node
   * @param otherwise what the runtime says
   */
  static String read(JsonNode container, int exitCode, Path file, Path log, String otherwise) {
    try {
      if (Files.exists(file) && Files.size(file) > 0) {
        byte[] bytes = Files.readAllBytes(file);
        return new String(bytes, 0, Math.min(bytes.length, FROM_FILE), StandardCharsets.UTF_8);
      }
      String policy = container.path("terminationMessagePolicy").asText("");
      if (policy.equals("FallbackToLogsOnError") && exitCode != 0) {
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        LogReader.copy(log, new LogReader.Options(false, LOG_LINES, null, false, -1, ""), tail);
        byte[] bytes = tail.toByteArray();
        int from = Math.max(0, bytes.length - FROM_LOG);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return otherwise;
  }
}
