package dev.coracle.apiserver.request;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads what a request asks for from its method, path and query, by the rules of Kubernetes'
 * RequestInfoFactory.
 */
public final class RequestInfoResolver {

  private static final Set<String> NAMESPACE_SUBRESOURCES = Set.of("status", "finalize");

  private RequestInfoResolver() {}

  /**
   * @param rawPath percent-encoded, without the query
   * @throws StatusException 400 when the path is a broken watch path
   */
  public static RequestInfo resolve(String method, String rawPath, Query query) {
    List<String> parts = split(rawPath);
    String prefix = parts.isEmpty() ? "" : parts.getFirst();
    boolean core = prefix.equals("api");
    if (parts.size() < 3 || !(core || prefix.equals("apis")) || (!core && parts.size() < 4)) {
      return RequestInfo.nonResource(decodePath(rawPath), method.toLowerCase(Locale.ROOT));
    }
    int at = core ? 1 : 2;
    String group = core ? "" : decode(parts.get(1));
    String version = decode(parts.get(at++));
    String verb = verb(method);
    if (parts.get(at).equals("watch") || parts.get(at).equals("proxy")) {
      verb = parts.get(at++);
      if (parts.size() <= at) {
        throw StatusException.badRequest(
            "unable to determine kind and namespace from url, " + rawPath);
      }
    }
    String namespace = "";
    if (parts.get(at).equals("namespaces") && parts.size() > at + 1) {
      namespace = decode(parts.get(at + 1));
      if (parts.size() > at + 2 && !NAMESPACE_SUBRESOURCES.contains(parts.get(at + 2))) {
        at += 2;
      }
    }
    String resource = decode(parts.get(at));
    String name = parts.size() > at + 1 ? decode(parts.get(at + 1)) : "";
    String subresource =
        parts.size() > at + 2 && !verb.equals("proxy") ? decode(parts.get(at + 2)) : "";
    String rest = rest(rawPath, at + 3);
    if (name.isEmpty() && verb.equals("get")) {
      verb = query.flag("watch") ? "watch" : "list";
    }
    if (name.isEmpty() && (verb.equals("list") || verb.equals("watch"))) {
      name = nameSelected(query.first("fieldSelector"));
    }
    if (name.isEmpty() && verb.equals("delete")) {
      verb = "deletecollection";
    }
    return new RequestInfo(
        true,
        decodePath(rawPath),
        verb,
        group,
        version,
        namespace,
        resource,
        subresource,
        name,
        rest);
  }

  private static String verb(String method) {
    return switch (method) {
      case "POST" -> "create";
      case "GET", "HEAD" -> "get";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> "delete";
      default -> "";
    };
  }

  private static List<String> split(String rawPath) {
    List<String> parts = new ArrayList<>(8);
    String trimmed = rawPath.startsWith("/") ? rawPath.substring(1) : rawPath;
    if (trimmed.endsWith("/")) {
      trimmed = trimmed.substring(0, trimmed.length() - 1);
    }
    if (!trimmed.isEmpty()) {
      int start = 0;
      for (int slash = trimmed.indexOf('/'); slash >= 0; slash = trimmed.indexOf('/', start)) {
        parts.add(trimmed.substring(start, slash));
        start = slash + 1;
      }
      parts.add(trimmed.substring(start));
    }
    return parts;
  }

  /** What follows so many parts of the path, as it was sent (a trailing slash stays). */
  private static String rest(String rawPath, int parts) {
    int at = rawPath.startsWith("/") ? 1 : 0;
    for (int i = 0; i < parts; i++) {
      int slash = rawPath.indexOf('/', at);
      if (slash < 0) {
        return "";
      }
      at = slash + 1;
    }
    return rawPath.substring(at);
  }

  /** The name that a field selector asks for exactly, or the empty string. */
  public static String nameSelected(String fieldSelector) {
    if (fieldSelector.isEmpty()) {
      return "";
    }
    for (String term : fieldSelector.split(",", -1)) {
      String value =
          term.startsWith("metadata.name==")
              ? term.substring("metadata.name==".length())
              : term.startsWith("metadata.name=") ? term.substring("metadata.name=".length()) : "";
      if (!value.isEmpty()
          && !value.contains("/")
          && !value.contains("%")
          && !value.equals(".")
          && !value.equals("..")) {
        return value;
      }
    }
    return "";
  }

  private static String decodePath(String rawPath) {
    return rawPath.indexOf('%') < 0 ? rawPath : decode(rawPath);
  }

  private static String decode(String part) {
    if (part.indexOf('%') < 0) {
      return part;
    }
    try {
      return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw StatusException.badRequest("invalid URL escape in path " + Text.quote(part));
    }
  }
}
