package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How much of the node's disk a Pod may use: the {@code sizeLimit} of its emptyDirs, and the {@code
 * ephemeral-storage} limits of its containers, which count their logs, what they write to their
 * roots, and the emptyDirs. Pure but for {@link #used}.
 */
final class StorageLimits {

  private static final String RESOURCE = "ephemeral-storage";

  private StorageLimits() {}

  /** Whether a Pod has any. */
  static boolean any(JsonNode pod) {
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (isOnDisk(volume) && volume.path("emptyDir").has("sizeLimit")) {
        return true;
      }
    }
    for (JsonNode container : pod.path("spec").path("containers")) {
      if (container.path("resources").path("limits").has(RESOURCE)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why a Pod must go; null when it may stay.
   *
   * @param volumes the bytes in an emptyDir, by its name
   * @param own the bytes of a container's logs and of what it wrote to its root, by its name
   */
  static @Nullable String exceeded(
      JsonNode pod, ToLongFunction<String> volumes, ToLongFunction<String> own) {
    long total = 0;
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (!isOnDisk(volume)) {
        continue;
      }
      String name = volume.path("name").asText();
      long used = volumes.applyAsLong(name);
      total += used;
      Quantity limit = limit(volume.path("emptyDir").path("sizeLimit"));
      if (limit != null && limit.signum() > 0 && used > limit.longValue()) {
        return "Usage of EmptyDir volume \"" + name + "\" exceeds the limit \"" + limit + "\". ";
      }
    }
    return exceededByContainers(pod, total, own);
  }

  private static @Nullable String exceededByContainers(
      JsonNode pod, long volumes, ToLongFunction<String> own) {
    long total = volumes;
    Quantity limits = null;
    String first = null;
    for (JsonNode container : pod.path("spec").path("containers")) {
      String name = container.path("name").asText();
      long used = own.applyAsLong(name);
      total += used;
      Quantity limit = limit(container.path("resources").path("limits").path(RESOURCE));
      if (limit != null) {
        limits = limits == null ? limit : limits.plus(limit);
        if (first == null && used > limit.longValue()) {
          first =
              "Container "
                  + name
                  + " exceeded its local ephemeral storage limit \""
                  + limit
                  + "\". ";
        }
      }
    }
    return limits != null && total > limits.longValue()
        ? "Pod ephemeral local storage usage exceeds the total limit of containers " + limits + ". "
        : first;
  }

  private static boolean isOnDisk(JsonNode volume) {
    return volume.path("emptyDir").isObject()
        && !volume.path("emptyDir").path("medium").asText("").equals("Memory");
  }

  private static @Nullable Quantity limit(JsonNode quantity) {
    return quantity.isMissingNode() || quantity.isNull() ? null : Quantity.of(quantity);
  }

  /** The bytes of the files at and below a path; what goes away meanwhile does not count. */
  static long used(@Nullable Path path) {
    if (path == null || !Files.exists(path)) {
      return 0;
    }
    long[] bytes = {0};
    try {
      Files.walkFileTree(
          path,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              bytes[0] += attributes.size();
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      return bytes[0];
    }
    return bytes[0];
  }
}
