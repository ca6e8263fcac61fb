package dev.coracle.node.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the kernel says is mounted ({@code /proc/self/mountinfo}, proc(5)). */
public final class MountTable {

  private MountTable() {}

  /** Mount points at or below a directory, the deepest and newest first. */
  public static List<String> below(Path directory) {
    List<String> found = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
        String at = unescape(line.split(" ")[4]);
        if (Path.of(at).startsWith(directory)) {
          found.addFirst(at);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return found;
  }

  public static String unescape(String text) {
    return text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
