package dev.coracle.schema.validation.field;

import dev.coracle.api.Names;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** Where a webhook is: the rules for a {@code clientConfig}, of admission as of conversion. */
public final class ClientConfigValidation {

  private static final String FORM = "; desired format: https://host[/path]";

  private ClientConfigValidation() {}

  /** Either a URL or a Service, and nothing wrong with it. */
  public static void validate(Field client) {
    if (client.has("url") == client.has("service")) {
      client.required("exactly one of url or service is required");
    } else if (client.has("url")) {
      url(client.child("url"));
    } else {
      service(client.child("service"));
    }
  }

  private static void url(Field url) {
    URI uri;
    try {
      uri = new URI(url.text());
    } catch (URISyntaxException e) {
      url.required(
          "url must be a valid URL: parse "
              + FieldErrors.quoted(url.text())
              + ": "
              + e.getReason()
              + FORM);
      return;
    }
    FieldErrors errors = url.errors();
    if (!"https".equals(uri.getScheme())) {
      errors.invalid(
          url.path(), orEmpty(uri.getScheme()), "'https' is the only allowed URL scheme" + FORM);
    }
    if (orEmpty(uri.getRawAuthority()).isEmpty()) {
      errors.invalid(url.path(), "", "host must be specified" + FORM);
    }
    if (uri.getRawUserInfo() != null) {
      errors.invalid(
          url.path(), uri.getRawUserInfo(), "user information is not permitted in the URL");
    }
    if (!orEmpty(uri.getRawFragment()).isEmpty()) {
      errors.invalid(url.path(), uri.getRawFragment(), "fragments are not permitted in the URL");
    }
    if (!orEmpty(uri.getRawQuery()).isEmpty()) {
      errors.invalid(
          url.path(), uri.getRawQuery(), "query parameters are not permitted in the URL");
    }
  }

  private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "" : text;
  }

  private static void service(Field service) {
    service.child("name").needed("service name is required");
    service.child("namespace").needed("service namespace is required");
    Field port = service.child("port");
    if (port.present()) {
      List<String> problems = Names.portNumber(port.number());
      if (!problems.isEmpty()) {
        port.invalid("port is not valid: " + String.join(", ", problems));
      }
    }
    Field path = service.child("path");
    if (path.blank() || path.text().equals("/")) {
      return;
    }
    if (path.text().equals("//")) {
      path.invalid("segment[0] may not be empty");
      return;
    }
    if (!path.text().startsWith("/")) {
      path.invalid("must start with a '/'");
    }
    String inside = path.text().startsWith("/") ? path.text().substring(1) : path.text();
    String[] steps =
        (inside.endsWith("/") ? inside.substring(0, inside.length() - 1) : inside).split("/", -1);
    for (int i = 0; i < steps.length; i++) {
      if (steps[i].isEmpty()) {
        path.invalid("segment[" + i + "] may not be empty");
        continue;
      }
      for (String failure : Names.dns1123Subdomain(steps[i])) {
        path.invalid("segment[" + i + "]: " + failure);
      }
    }
  }
}
