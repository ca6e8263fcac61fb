package dev.coracle.client.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A credential or certificate: nothing, bytes, or a file that may change. */
public sealed interface Material {

  /** Nothing. */
  record None() implements Material {}

  /** Given as it is. */
  record Data(byte[] bytes) implements Material {}

  /** In a file. */
  record InFile(Path path) implements Material {}

  Material NONE = new None();

  default boolean isPresent() {
    return !(this instanceof None);
  }

  /** Its bytes now; empty for nothing. */
  default byte[] read() throws IOException {
    // Not a switch over the types: that would load the machinery of call sites into small
    // processes.
    if (this instanceof InFile file) {
      return Files.readAllBytes(file.path());
    }
    return this instanceof Data data ? data.bytes() : new byte[0];
  }

  /** Something that changes when the bytes may have changed. */
  default String version() {
    if (!(this instanceof InFile file)) {
      return "";
    }
    try {
      return file.path().toRealPath()
          + "|"
          + Files.getLastModifiedTime(file.path())
          + "|"
          + Files.size(file.path());
    } catch (IOException e) {
      return "unreadable";
    }
  }
}
