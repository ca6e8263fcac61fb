package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Names;
import dev.coracle.api.Timestamps;
import dev.coracle.schema.TextForms;
import dev.coracle.schema.validation.field.Addresses;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The formats of strings that a CRD's schema may ask for; others are not checked. */
public final class Formats {

  private static final Pattern MAC =
      Pattern.compile("(?i)([0-9a-f]{2}[:-]){5,7}[0-9a-f]{2}|([0-9a-f]{4}\\.){2,3}[0-9a-f]{4}");
  private static final Pattern DURATION =
      Pattern.compile("[+-]?(0|((\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h))+)");
  private static final Pattern EMAIL = Pattern.compile("[^@\\s<>]+@[^@\\s<>]+");
  private static final Pattern ISBN =
      Pattern.compile("(\\d[ -]?){9}([\\dX]|\\d[ -]?(\\d[ -]?){2}\\d)");
  private static final Pattern HOST =
      Pattern.compile("(?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  private static final Pattern COLOR = Pattern.compile("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})");
  private static final Pattern RGB =
      Pattern.compile("rgb\\(\\s*\\d{1,3}\\s*,\\s*\\d{1,3}\\s*,\\s*\\d{1,3}\\s*\\)");
  private static final Pattern SOCIAL = Pattern.compile("\\d{3}[- ]?\\d{2}[- ]?\\d{4}");

  private static final Set<String> KNOWN =
      Set.of(
          "bsonobjectid",
          "byte",
          "cidr",
          "creditcard",
          "date",
          "datetime",
          "duration",
          "email",
          "hexcolor",
          "hostname",
          "ipv4",
          "ipv6",
          "isbn",
          "isbn10",
          "isbn13",
          "k8slongname",
          "k8sshortname",
          "mac",
          "password",
          "rgbcolor",
          "ssn",
          "uri",
          "uuid",
          "uuid3",
          "uuid4",
          "uuid5");

  private Formats() {}

  /**
   * The formats of strings in a CRD's schemas that nobody checks, and that were not there before.
   */
  public static List<String> warnings(JsonNode spec, JsonNode before) {
    Set<String> unknown = unknown(spec);
    unknown.removeAll(unknown(before));
    return unknown.stream().map(name -> "unrecognized format \"" + name + '"').toList();
  }

  private static Set<String> unknown(JsonNode spec) {
    Set<String> found = new TreeSet<>();
    for (JsonNode version : spec.path("versions")) {
      collect(version.path("schema").path("openAPIV3Schema"), found);
    }
    return found;
  }

  private static void collect(JsonNode schema, Set<String> found) {
    String format = schema.path("format").asText("");
    if (schema.path("type").asText("").equals("string")
        && !format.isEmpty()
        && !KNOWN.contains(normalized(format))) {
      found.add(format);
    }
    schema.path("properties").forEach(property -> collect(property, found));
    for (String inner : new String[] {"items", "additionalProperties", "not"}) {
      if (schema.path(inner).isObject()) {
        collect(schema.path(inner), found);
      }
    }
    for (String junctor : new String[] {"allOf", "anyOf", "oneOf"}) {
      schema.path(junctor).forEach(nested -> collect(nested, found));
    }
  }

  private static String normalized(String format) {
    return format.replace("-", "").toLowerCase(Locale.ROOT);
  }

  static boolean fits(String format, String text) {
    return switch (normalized(format)) {
      case "datetime" -> Timestamps.parse(text) != null;
      case "date" -> TextForms.isDate(text);
      case "duration" -> DURATION.matcher(text).matches();
      case "uuid" -> isUuid(text, "[0-9a-f]");
      case "uuid3" -> isUuid(text, "3");
      case "uuid4" -> isUuid(text, "4");
      case "uuid5" -> isUuid(text, "5");
      case "ipv4" -> Addresses.isIpv4(text);
      case "ipv6" -> Addresses.isIpv6(text);
      case "cidr" -> Addresses.isCidr(text);
      case "mac" -> MAC.matcher(text).matches();
      case "uri" -> TextForms.isUri(text);
      case "email" -> EMAIL.matcher(text).matches();
      case "hostname" -> text.length() <= 255 && HOST.matcher(text).matches();
      case "byte" -> TextForms.isBase64(text);
      case "isbn", "isbn10", "isbn13" -> ISBN.matcher(text).matches();
      case "hexcolor" -> COLOR.matcher(text).matches();
      case "rgbcolor" -> RGB.matcher(text).matches();
      case "ssn" -> SOCIAL.matcher(text).matches();
      case "bsonobjectid" -> text.matches("[0-9a-fA-F]{24}");
      case "k8sshortname" -> Names.dns1123Label(text).isEmpty();
      case "k8slongname" -> Names.dns1123Subdomain(text).isEmpty();
      case "creditcard" -> text.replaceAll("[ -]", "").matches("\\d{13,19}");
      default -> true;
    };
  }

  private static boolean isUuid(String text, String version) {
    return text.matches(
        "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?" + version + "[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}");
  }
}
