package dev.coracle.apiserver.encoding;

import java.io.ByteArrayOutputStream;

/** Indents compact JSON for people, byte by byte, as Go's json.Indent with two spaces does. */
final class JsonIndent {

  private JsonIndent() {}

  static byte[] indent(byte[] json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + json.length / 2);
    int depth = 0;
    boolean inString = false;
    boolean escaped = false;
    for (int i = 0; i < json.length; i++) {
      byte b = json[i];
      if (inString) {
        out.write(b);
        if (escaped) {
          escaped = false;
        } else if (b == '\\') {
          escaped = true;
        } else if (b == '"') {
          inString = false;
        }
        continue;
      }
      switch (b) {
        case '"' -> {
          inString = true;
          out.write(b);
        }
        case '{', '[' -> {
          out.write(b);
          int next = i + 1;
          if (next < json.length && (json[next] == '}' || json[next] == ']')) {
            out.write(json[next]);
            i = next;
          } else {
            newline(out, ++depth);
          }
        }
        case '}', ']' -> {
          newline(out, --depth);
          out.write(b);
        }
        case ',' -> {
          out.write(b);
          newline(out, depth);
        }
        case ':' -> {
          out.write(b);
          out.write(' ');
        }
        case ' ', '\n', '\r', '\t' -> {}
        default -> out.write(b);
      }
    }
    return out.toByteArray();
  }

  private static void newline(ByteArrayOutputStream out, int depth) {
    out.write('\n');
    for (int i = 0; i < depth; i++) {
      out.write(' ');
      out.write(' ');
    }
  }
}
