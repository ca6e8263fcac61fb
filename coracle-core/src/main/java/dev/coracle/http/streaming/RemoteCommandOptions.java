package dev.coracle.http.streaming;

import java.util.List;
import java.util.Map;

/** Which streams the client of an exec or attach asks for. */
public record RemoteCommandOptions(boolean stdin, boolean stdout, boolean stderr, boolean tty) {

  /**
   * Reads a query: {@code stdin}, {@code stdout}, {@code stderr}, {@code tty} as the API names them
   * or {@code input}, {@code output}, {@code error}, {@code tty} as a kubelet does. A TTY has no
   * stderr.
   *
   * @throws IllegalArgumentException when it asks for no stream
   */
  public static RemoteCommandOptions of(Map<String, List<String>> query) {
    boolean tty = isSet(query, "tty");
    boolean stdin = isSet(query, "stdin") || isSet(query, "input");
    boolean stdout = isSet(query, "stdout") || isSet(query, "output");
    boolean stderr = (isSet(query, "stderr") || isSet(query, "error")) && !tty;
    if (!stdin && !stdout && !stderr) {
      throw new IllegalArgumentException("you must specify at least 1 of stdin, stdout, stderr");
    }
    return new RemoteCommandOptions(stdin, stdout, stderr, tty);
  }

  private static boolean isSet(Map<String, List<String>> query, String name) {
    List<String> values = query.getOrDefault(name, List.of());
    return !values.isEmpty() && (values.getFirst().equals("1") || values.getFirst().equals("true"));
  }
}
