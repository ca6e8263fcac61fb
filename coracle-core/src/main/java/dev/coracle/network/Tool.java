package dev.coracle.network;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs {@code ip} and {@code nft}. */
final class Tool {

  private static final List<String> PLACES =
      List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin");
  private static final long SECONDS = 30;

  private Tool() {}

  /** Where a program is, or null. */
  static @Nullable Path find(String program) {
    for (String place : PLACES) {
      Path path = Path.of(place, program);
      if (Files.isExecutable(path)) {
        return path;
      }
    }
    return null;
  }

  /**
   * Runs a program to its end.
   *
   * @return what it printed on standard output
   * @throws IOException when it is missing or fails; the message has what it said
   */
  static String run(String input, String program, String... arguments) throws IOException {
    Path path = find(program);
    if (path == null) {
      throw new IOException(program + " is not installed");
    }
    List<String> command = new ArrayList<>();
    command.add(path.toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading everything: its own words say why.
      process.onExit().join();
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(program + " did not end within " + SECONDS + " s");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(program + " was interrupted", e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          program + " " + String.join(" ", arguments) + " failed: " + output.strip());
    }
    return output;
  }

  /** As {@link #run}, and a failure is fine: what is to be removed may not be there. */
  static void tryRun(String input, String program, String... arguments) {
    try {
      run(input, program, arguments);
    } catch (IOException e) {
      // Nothing to remove.
      return;
    }
  }
}
