package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Serves a directory's files: an index.html where there is one, else a list of names. A single
 * range and {@code If-Modified-Since} are honoured.
 */
final class StaticFiles {

  private static final int SNIFFED_BYTES = 512;

  private final Path root;

  StaticFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * @param name relative, decoded and clean
   */
  void serve(ProxyRequest request, ClientConnection client, String name) {
    boolean withBody = !request.method().equals("HEAD");
    try {
      Path file = name.indexOf(0) >= 0 ? null : root.resolve(name).normalize();
      String path = request.rawPath();
      if (file == null || !file.startsWith(root) || !Files.isReadable(file)) {
        client.text(404, "404 page not found", withBody);
      } else if (path.endsWith("/index.html")) {
        moved(request, client, "./");
      } else if (!Files.isDirectory(file)) {
        if (path.endsWith("/")) {
          moved(request, client, "../" + ProxyPath.encode(name(file)));
        } else {
          send(request, client, file);
        }
      } else if (!path.endsWith("/")) {
        moved(request, client, ProxyPath.encode(name(file)) + "/");
      } else if (Files.isReadable(file.resolve("index.html"))) {
        send(request, client, file.resolve("index.html"));
      } else {
        list(client, file, withBody);
      }
    } catch (IOException e) {
      client.text(500, "500 Internal Server Error", withBody);
    }
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  private static void moved(ProxyRequest request, ClientConnection client, String to) {
    String query = request.rawQuery();
    client.send(
        301,
        Headers.of("Location", query.isEmpty() ? to : to + "?" + query),
        new byte[0],
        !request.method().equals("HEAD"));
  }

  private static void send(ProxyRequest request, ClientConnection client, Path file)
      throws IOException {
    boolean withBody = !request.method().equals("HEAD");
    long changed = Files.getLastModifiedTime(file).toMillis() / 1000 * 1000;
    String modified = HttpDate.of(changed);
    String since = request.headers().first("if-modified-since");
    if (since != null && HttpDate.parse(since) >= changed) {
      client.head(304, Headers.of("Last-Modified", modified), -1);
      return;
    }
    long size = Files.size(file);
    Headers fields = Headers.of("Accept-Ranges", "bytes");
    String wanted = request.headers().first("range");
    long[] range = wanted == null ? null : range(wanted, size);
    if (range != null && range[0] >= size) {
      byte[] text = "invalid range: failed to overlap\n".getBytes(StandardCharsets.UTF_8);
      client.send(
          416,
          Headers.of(
              "Content-Range",
              "bytes */" + size,
              "Content-Type",
              "text/plain; charset=utf-8",
              "X-Content-Type-Options",
              "nosniff"),
          text,
          withBody);
      return;
    }
    long from = range == null ? 0 : range[0];
    long length = range == null ? size : range[1] - from + 1;
    if (range != null) {
      fields.add("Content-Range", "bytes " + from + "-" + range[1] + "/" + size);
    }
    fields.add("Content-Type", type(file)).add("Last-Modified", modified);
    FileBody body = withBody && length > 0 ? new FileBody(file, from, length) : null;
    client.head(range == null ? 200 : 206, fields, length);
    if (body != null) {
      client.send(body);
    }
  }

  /**
   * @return first and last byte; the first is behind the end when nothing of it is there; null for
   *     what is no single range, which is no error (RFC 9110, 14.2)
   */
  private static long @Nullable [] range(String text, long size) {
    if (!text.startsWith("bytes=") || text.indexOf(',') >= 0) {
      return null;
    }
    int dash = text.indexOf('-');
    try {
      String first = text.substring(6, Math.max(6, dash)).trim();
      String last = text.substring(dash + 1).trim();
      if (dash < 0 || first.isEmpty() && last.isEmpty()) {
        return null;
      }
      if (first.isEmpty()) {
        long count = Long.parseLong(last);
        return count < 0
            ? null
            : new long[] {count == 0 ? size : Math.max(0, size - count), size - 1};
      }
      long from = Long.parseLong(first);
      long to = last.isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(last));
      return from < 0 || from < size && to < from ? null : new long[] {from, to};
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static String type(Path file) throws IOException {
    String name = name(file).toLowerCase(Locale.ROOT);
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "html", "htm" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js", "mjs" -> "text/javascript; charset=utf-8";
      case "xml" -> "text/xml; charset=utf-8";
      case "txt" -> "text/plain; charset=utf-8";
      case "json", "map" -> "application/json";
      case "wasm" -> "application/wasm";
      case "pdf" -> "application/pdf";
      case "svg" -> "image/svg+xml";
      case "png" -> "image/png";
      case "gif" -> "image/gif";
      case "jpg", "jpeg" -> "image/jpeg";
      case "webp" -> "image/webp";
      case "avif" -> "image/avif";
      case "ico" -> "image/vnd.microsoft.icon";
      case "woff2" -> "font/woff2";
      default -> sniffed(file);
    };
  }

  private static String sniffed(Path file) throws IOException {
    byte[] start;
    try (InputStream input = Files.newInputStream(file)) {
      start = input.readNBytes(SNIFFED_BYTES);
    }
    if (start.length > 3 && (start[0] & 0xff) == 0x89 && start[1] == 'P' && start[2] == 'N') {
      return "image/png";
    }
    for (byte b : start) {
      if (b >= 0 && b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1b) {
        return "application/octet-stream";
      }
    }
    String text = new String(start, StandardCharsets.ISO_8859_1).trim().toLowerCase(Locale.ROOT);
    return text.startsWith("<!doctype html") || text.startsWith("<html")
        ? "text/html; charset=utf-8"
        : "text/plain; charset=utf-8";
  }

  private static void list(ClientConnection client, Path directory, boolean withBody)
      throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        names.add(Files.isDirectory(entry) ? name(entry) + "/" : name(entry));
      }
    }
    Collections.sort(names);
    StringBuilder page =
        new StringBuilder("<!doctype html>\n")
            .append("<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
    for (String name : names) {
      // A colon in the first segment would be taken for a scheme's.
      String link = ProxyPath.encode(name);
      page.append("<a href=\"")
          .append(link.indexOf(':') >= 0 ? "./" + link : link)
          .append("\">")
          .append(ProxyPath.escape(name))
          .append("</a>\n");
    }
    client.send(
        200,
        Headers.of(
            "Content-Type",
            "text/html; charset=utf-8",
            "Last-Modified",
            HttpDate.of(Files.getLastModifiedTime(directory).toMillis())),
        page.append("</pre>\n").toString().getBytes(StandardCharsets.UTF_8),
        withBody);
  }
}
