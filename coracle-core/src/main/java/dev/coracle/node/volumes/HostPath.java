package dev.coracle.node.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A {@code hostPath}, of a Pod or of a persistent volume. */
final class HostPath {

  private HostPath() {}

  /**
   * @param name in messages
   * @throws VolumeFailure when there is not what its type says
   */
  static Path of(String name, JsonNode hostPath) throws IOException {
    Path path = Path.of(hostPath.path("path").asText());
    String type = hostPath.path("type").asText("");
    boolean exists = Files.exists(path);
    boolean directory = Files.isDirectory(path);
    boolean fits =
        switch (type) {
          case "" -> true;
          case "DirectoryOrCreate" -> {
            if (!exists) {
              Files.createDirectories(path);
            }
            yield !exists || directory;
          }
          case "FileOrCreate" -> {
            if (!exists) {
              Files.createFile(path);
            }
            yield !exists || Files.isRegularFile(path);
          }
          case "Directory" -> directory;
          case "File" -> Files.isRegularFile(path);
          case "Socket" -> isOfType(path, 0140000);
          case "CharDevice" -> isOfType(path, 0020000);
          case "BlockDevice" -> isOfType(path, 0060000);
          default -> throw new VolumeFailure(name, "hostPath type " + type + " is not known");
        };
    if (!fits) {
      throw new VolumeFailure(
          name, "hostPath type check failed: " + path + " is not " + describe(type));
    }
    if (type.isEmpty() && !exists) {
      Files.createDirectories(path);
    }
    return path;
  }

  private static boolean isOfType(Path path, int type) throws IOException {
    return Files.exists(path)
        && ((Integer) Files.getAttribute(path, "unix:mode") & 0170000) == type;
  }

  private static String describe(String type) {
    return switch (type) {
      case "Directory", "DirectoryOrCreate" -> "a directory";
      case "File", "FileOrCreate" -> "a file";
      case "Socket" -> "a socket file";
      case "CharDevice" -> "a character device";
      default -> "a block device";
    };
  }
}
