package dev.coracle.schemagen;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Our table of what the jar does not say; its notation is explained at its top. */
final class Facts {

  private static final String TABLE = "/dev/coracle/schemagen/facts.txt";

  /**
   * Definitions that share a prefix.
   *
   * @param groupVersion where its kinds are served, such as {@code core/v1}; empty for none
   */
  record Package(String name, String groupVersion, Map<String, Entry> entries) {}

  /** What is known of a definition and of its fields. */
  record Entry(Map<String, String> attributes, Map<String, Map<String, String>> fields) {}

  private final Map<String, Package> packages = new LinkedHashMap<>();

  private Facts() {}

  static byte[] bytes() throws IOException {
    try (InputStream in = Facts.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IOException(TABLE + " is not on the class path");
      }
      return in.readAllBytes();
    }
  }

  static Facts read() throws IOException {
    Facts facts = new Facts();
    facts.parse(new String(bytes(), StandardCharsets.UTF_8).lines().toList());
    return facts;
  }

  Map<String, Package> packages() {
    return packages;
  }

  private void parse(List<String> lines) {
    @Nullable Package current = null;
    @Nullable Entry entry = null;
    for (String line : lines) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.strip().split(" ");
      if (line.startsWith("package ")) {
        current = new Package(words[1], words.length > 2 ? words[2] : "", new LinkedHashMap<>());
        packages.put(current.name(), current);
        entry = null;
      } else if (line.startsWith(" ")) {
        if (entry == null) {
          throw new IllegalStateException("a field outside a definition: " + line);
        }
        entry.fields().put(words[0], attributes(words));
      } else {
        if (current == null) {
          throw new IllegalStateException("a definition outside a package: " + line);
        }
        entry = new Entry(attributes(words), new LinkedHashMap<>());
        current.entries().put(words[0], entry);
      }
    }
  }

  private static Map<String, String> attributes(String[] words) {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 0) {
        attributes.put(words[i], "");
      } else {
        attributes.put(words[i].substring(0, equals), words[i].substring(equals + 1));
      }
    }
    return attributes;
  }
}
