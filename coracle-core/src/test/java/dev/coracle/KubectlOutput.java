package dev.coracle;

import java.util.stream.Collectors;

/** What a kubectl printed, without what it says only now and then. */
public final class KubectlOutput {

  private KubectlOutput() {}

  /**
   * kubectl reads a WebSocket before it knows its streams: when the server's first message, an
   * empty one as a kube-apiserver's, is faster, kubectl complains of it and goes on.
   */
  public static boolean isSaid(String line) {
    return !line.contains("Unknown stream id 1, discarding message");
  }

  /** The text without such lines. */
  public static String said(String text) {
    if (text.lines().allMatch(KubectlOutput::isSaid)) {
      return text;
    }
    return text.lines()
        .filter(KubectlOutput::isSaid)
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }
}
