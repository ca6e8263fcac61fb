package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OptionalType;
import dev.coracle.api.Names;
import dev.coracle.api.Timestamps;
import dev.coracle.schema.TextForms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Kubernetes' format library: named checks, whose result is optional.none() when all is well. */
final class FormatFunctions {

  /** A check. */
  private record Format(String name, Function<String, List<String>> problems) {}

  private FormatFunctions() {}

  static void add(Functions functions) {
    CelType type = functions.type("kubernetes.NamedFormat", Format.class);
    Map<String, Format> formats = formats();
    formats.forEach((name, format) -> functions.global("format." + name, type, call -> format));
    functions.global(
        "format.named",
        OptionalType.create(type),
        call -> Optional.ofNullable(formats.get((String) call[0])),
        STRING);
    functions.member(
        "validate",
        OptionalType.create(ListType.create(STRING)),
        call -> {
          List<String> problems = ((Format) call[0]).problems().apply((String) call[1]);
          return problems.isEmpty() ? Optional.empty() : Optional.of(problems);
        },
        type,
        STRING);
  }

  private static Map<String, Format> formats() {
    Map<String, Format> formats = new LinkedHashMap<>();
    put(formats, "dns1123Label", Names::dns1123Label);
    put(formats, "dns1123Subdomain", Names::dns1123Subdomain);
    put(formats, "dns1035Label", Names::dns1035Label);
    put(formats, "qualifiedName", Names::qualifiedName);
    put(formats, "labelValue", Names::labelValue);
    put(formats, "dns1123LabelPrefix", text -> Names.dns1123Label(prefix(text)));
    put(formats, "dns1123SubdomainPrefix", text -> Names.dns1123Subdomain(prefix(text)));
    put(formats, "dns1035LabelPrefix", text -> Names.dns1035Label(prefix(text)));
    put(formats, "uri", text -> TextForms.isUri(text) ? List.of() : List.of("invalid URI"));
    put(
        formats,
        "uuid",
        text ->
            text.matches("(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
                ? List.of()
                : List.of("does not match the UUID format"));
    put(formats, "byte", text -> TextForms.isBase64(text) ? List.of() : List.of("invalid base64"));
    put(formats, "date", text -> TextForms.isDate(text) ? List.of() : List.of("invalid date"));
    put(
        formats,
        "datetime",
        text -> Timestamps.parse(text) != null ? List.of() : List.of("invalid datetime"));
    return formats;
  }

  private static void put(
      Map<String, Format> formats, String name, Function<String, List<String>> problems) {
    formats.put(name, new Format(name, problems));
  }

  /** What a generated name starts with may end with a hyphen. */
  private static String prefix(String text) {
    return text.endsWith("-") ? text.substring(0, text.length() - 1) + "a" : text;
  }
}
