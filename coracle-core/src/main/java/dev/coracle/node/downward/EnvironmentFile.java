package dev.coracle.node.downward;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file of variables that an init container wrote for its Pod (KEP-3721): {@code NAME='value'},
 * where a value is literally what stands between the quotes, lines included.
 */
final class EnvironmentFile {

  private static final int LONGEST = 64 * 1024;

  private final String text;
  private final Map<String, String> values = new LinkedHashMap<>();
  private int at;

  private EnvironmentFile(String text) {
    this.text = text;
  }

  /**
   * Its variables in their order.
   *
   * @throws IOException when it is not there, leaves its volume or says something else
   */
  static Map<String, String> read(Path volume, String path) throws IOException {
    Path root = volume.toRealPath();
    Path file = root.resolve(path).toRealPath();
    if (!file.startsWith(root) || !Files.isRegularFile(file) || Files.size(file) > LONGEST) {
      throw new IOException("not a file of variables");
    }
    return parse(Files.readString(file, StandardCharsets.UTF_8));
  }

  static Map<String, String> parse(String text) throws IOException {
    EnvironmentFile file = new EnvironmentFile(text);
    while (file.at < text.length()) {
      file.line();
    }
    return file.values;
  }

  private void line() throws IOException {
    int end = end(at);
    String line = text.substring(at, end).stripLeading();
    if (line.isEmpty() || line.startsWith("#")) {
      at = end + 1;
      return;
    }
    int equals = line.indexOf('=');
    String name = equals < 0 ? "" : line.substring(0, equals);
    if (name.isEmpty() || !name.equals(name.stripTrailing())) {
      throw new IOException("a line without a variable");
    }
    int start = end - line.length() + equals + 1;
    if (start < end && text.charAt(start) == '\'') {
      int close = text.indexOf('\'', start + 1);
      if (close < 0) {
        throw new IOException("a quote without an end");
      }
      end = end(close);
      rest(text.substring(close + 1, end));
      values.put(name, text.substring(start + 1, close));
    } else {
      String after = text.substring(start, end);
      if (!after.isEmpty() && !Character.isWhitespace(after.charAt(0))) {
        throw new IOException("a value without quotes");
      }
      values.put(name, "");
    }
    at = end + 1;
  }

  private static void rest(String rest) throws IOException {
    String more = rest.stripLeading();
    if (!more.isEmpty() && !more.startsWith("#")) {
      throw new IOException("something behind a value");
    }
  }

  private int end(int from) {
    int end = text.indexOf('\n', from);
    return end < 0 ? text.length() : end;
  }
}
