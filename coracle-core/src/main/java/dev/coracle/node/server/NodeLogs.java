package dev.coracle.node.server;

import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code /logs/}: the node's log directory, as lists of names and files. A kubelet serves the
 * machine's {@code /var/log}; here the machine is not the cluster's alone, so that only what is the
 * node's own is there, {@code pods/}.
 */
final class NodeLogs {

  private static final String PODS = "pods";

  private final Path pods;

  /**
   * @param pods the directory with the logs of the node's Pods
   */
  NodeLogs(Path pods) {
    this.pods = pods;
  }

  /**
   * @param names decoded, below {@code /logs}
   * @param asDirectory whether the path ends with a slash
   */
  void serve(HttpResponder responder, List<String> names, boolean asDirectory) throws IOException {
    if (names.isEmpty()) {
      list(responder, List.of(PODS + "/"));
      return;
    }
    Path file = pods;
    boolean found = names.getFirst().equals(PODS);
    for (String name : names.subList(1, names.size())) {
      found &= !name.equals("..") && !name.contains("/") && name.indexOf(0) < 0;
      file = found ? file.resolve(name) : file;
    }
    if (!found || !Files.isReadable(file) || Files.isSymbolicLink(file)) {
      Answers.text(responder, 404, "404 page not found\n");
    } else if (Files.isDirectory(file) != asDirectory) {
      String name = encode(names.getLast());
      String location = asDirectory ? "../" + name : name + "/";
      responder.send(301, Headers.of("Location", location), new byte[0]);
    } else if (asDirectory) {
      list(responder, entries(file));
    } else {
      send(responder, file);
    }
  }

  private static List<String> entries(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(f -> Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS) ? name(f) + "/" : name(f))
          .sorted()
          .toList();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static String encode(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
  }

  private static void list(HttpResponder responder, List<String> names) {
    StringBuilder page =
        new StringBuilder("<!doctype html>\n")
            .append("<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
    for (String name : names) {
      page.append("<a href=\"").append(encode(name)).append("\">");
      page.append(name.replace("&", "&amp;").replace("<", "&lt;")).append("</a>\n");
    }
    Answers.send(responder, 200, "text/html; charset=utf-8", page.append("</pre>\n").toString());
  }

  /** As much as there is now; what is written meanwhile is another request's. */
  private static void send(HttpResponder responder, Path file) throws IOException {
    long size = Files.size(file);
    Headers headers = Headers.of("Content-Type", "text/plain; charset=utf-8");
    try (InputStream in = Files.newInputStream(file);
        BodyStream body = responder.stream(200, headers, size);
        OutputStream out = body.asOutputStream()) {
      byte[] buffer = new byte[16384];
      for (long left = size; left > 0; ) {
        int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          throw new IOException("the log was cut while it was read");
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }
}
