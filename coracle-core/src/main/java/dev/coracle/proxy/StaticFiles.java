package dev.coracle.proxy;

import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Serves a directory's files: an index.html where there is one, else a list of names. */
final class StaticFiles {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final Path root;

  StaticFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * @param name relative, decoded and clean
   */
  void serve(HttpRequest request, HttpResponder responder, String name) throws IOException {
    Path file = name.indexOf(0) >= 0 ? root.getParent() : root.resolve(name).normalize();
    if (file == null || !file.startsWith(root) || !Files.isReadable(file)) {
      ProxyServer.text(responder, 404, "404 page not found");
    } else if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      ProxyServer.text(responder, 405, "Method Not Allowed");
    } else if (!Files.isDirectory(file)) {
      send(responder, file);
    } else if (!request.rawPath().endsWith("/")) {
      responder.send(301, Headers.of("Location", request.rawPath() + "/"));
    } else if (Files.isReadable(file.resolve("index.html"))) {
      send(responder, file.resolve("index.html"));
    } else {
      list(responder, file);
    }
  }

  private static void send(HttpResponder responder, Path file) throws IOException {
    String type = URLConnection.guessContentTypeFromName(file.getFileName().toString());
    String contentType =
        file.toString().endsWith(".js")
            ? "text/javascript; charset=utf-8"
            : type == null ? "application/octet-stream" : text(type);
    long size = Files.size(file);
    try (InputStream input = Files.newInputStream(file);
        BodyStream body = responder.stream(200, Headers.of("Content-Type", contentType), size)) {
      long left = size;
      while (left > 0) {
        byte[] part = input.readNBytes((int) Math.min(BUFFER_BYTES, left));
        if (part.length == 0) {
          body.abort();
          return;
        }
        body.write(part);
        left -= part.length;
      }
    }
  }

  private static String text(String type) {
    return type.startsWith("text/") ? type + "; charset=utf-8" : type;
  }

  private static void list(HttpResponder responder, Path directory) throws IOException {
    StringBuilder page = new StringBuilder("<!doctype html>\n<pre>\n");
    List<Path> entries;
    try (Stream<Path> found = Files.list(directory)) {
      entries = found.sorted().toList();
    }
    for (Path entry : entries) {
      String name = entry.getFileName() + (Files.isDirectory(entry) ? "/" : "");
      page.append("<a href=\"./")
          .append(ProxyPath.encode(name).replace("'", "%27"))
          .append("\">")
          .append(name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
          .append("</a>\n");
    }
    responder.send(
        200,
        Headers.of("Content-Type", "text/html; charset=utf-8"),
        page.append("</pre>\n").toString().getBytes(StandardCharsets.UTF_8));
  }
}
