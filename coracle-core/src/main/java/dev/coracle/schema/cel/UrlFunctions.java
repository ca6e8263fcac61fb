package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.runtime.CelEvaluationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kubernetes' URL library. */
final class UrlFunctions {

  private UrlFunctions() {}

  static void add(Functions functions) {
    CelType type = functions.type("kubernetes.URL", URI.class);
    functions.global("url", type, call -> parsed((String) call[0]), STRING);
    functions.global("isURL", BOOL, call -> parse((String) call[0]) != null, STRING);
    functions.member("getScheme", STRING, call -> orEmpty(of(call[0]).getScheme()), type);
    functions.member("getHost", STRING, call -> host(of(call[0])), type);
    functions.member("getHostname", STRING, call -> hostname(of(call[0])), type);
    functions.member("getPort", STRING, call -> port(of(call[0])), type);
    functions.member("getEscapedPath", STRING, call -> orEmpty(of(call[0]).getRawPath()), type);
    functions.member(
        "getQuery",
        MapType.create(STRING, ListType.create(STRING)),
        call -> query(orEmpty(of(call[0]).getRawQuery())),
        type);
  }

  private static URI of(Object value) {
    return (URI) value;
  }

  /** An absolute URI or an absolute path. */
  private static @Nullable URI parse(String text) {
    try {
      URI uri = new URI(text);
      return uri.isAbsolute() || text.startsWith("/") ? uri : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static URI parsed(String text) throws CelEvaluationException {
    URI uri = parse(text);
    if (uri == null) {
      throw Functions.failure(
          "URL parse error during conversion from string: parse "
              + TextFormat.quote(text)
              + ": invalid URI for request");
    }
    return uri;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static String host(URI uri) {
    String authority = orEmpty(uri.getRawAuthority());
    return authority.substring(authority.lastIndexOf('@') + 1);
  }

  private static String hostname(URI uri) {
    String host = host(uri);
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      return end < 0 ? host : host.substring(1, end);
    }
    int colon = host.lastIndexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static String port(URI uri) {
    return uri.getPort() < 0 ? "" : Integer.toString(uri.getPort());
  }

  private static Map<String, List<String>> query(String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equal = pair.indexOf('=');
        String name = equal < 0 ? pair : pair.substring(0, equal);
        String value = equal < 0 ? "" : pair.substring(equal + 1);
        values
            .computeIfAbsent(
                URLDecoder.decode(name, StandardCharsets.UTF_8), key -> new ArrayList<>())
            .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
    }
    return values;
  }
}
