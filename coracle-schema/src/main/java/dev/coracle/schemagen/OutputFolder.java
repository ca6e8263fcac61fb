package dev.coracle.schemagen;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder that holds generated files and nothing else. A file that would not change is not
 * touched, so that the compiler has no reason to run again; {@link #close()} removes what this run
 * did not write.
 */
final class OutputFolder implements AutoCloseable {

  private final Path root;
  private final Set<Path> written = new HashSet<>();

  OutputFolder(Path root) throws IOException {
    this.root = Files.createDirectories(root);
  }

  void write(String name, String content) {
    Path file = root.resolve(name);
    written.add(file);
    try {
      if (!Files.exists(file) || !Files.readString(file).equals(content)) {
        Files.writeString(file, content);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      for (Path file : files.toList()) {
        if (!written.contains(file)) {
          Files.delete(file);
        }
      }
    }
  }
}
