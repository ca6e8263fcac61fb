package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Runs programs. */
public final class Shell {

  private Shell() {}

  /**
   * What a program printed, both streams.
   *
   * @throws IOException when it fails; the message has what it said
   */
  public static String run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed:\n" + output);
    }
    return output;
  }

  public static boolean has(String program) {
    for (String place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (java.nio.file.Files.isExecutable(java.nio.file.Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }
}
