package dev.coracle.schema.validation;

import dev.coracle.api.Timestamps;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;

/** The formats of strings that a CRD's schema may ask for; others are not checked. */
final class Formats {

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

  private Formats() {}

  static boolean fits(String format, String text) {
    return switch (format.replace("-", "").toLowerCase(Locale.ROOT)) {
      case "datetime" -> Timestamps.parse(text) != null;
      case "date" -> isDate(text);
      case "duration" -> DURATION.matcher(text).matches();
      case "uuid" -> isUuid(text, "[0-9a-f]");
      case "uuid3" -> isUuid(text, "3");
      case "uuid4" -> isUuid(text, "4");
      case "uuid5" -> isUuid(text, "5");
      case "ipv4" -> Addresses.isIpv4(text);
      case "ipv6" -> Addresses.isIpv6(text);
      case "cidr" -> Addresses.isCidr(text);
      case "mac" -> MAC.matcher(text).matches();
      case "uri" -> isUri(text);
      case "email" -> EMAIL.matcher(text).matches();
      case "hostname" -> text.length() <= 255 && HOST.matcher(text).matches();
      case "byte" -> isBase64(text);
      case "isbn", "isbn10", "isbn13" -> ISBN.matcher(text).matches();
      case "hexcolor" -> COLOR.matcher(text).matches();
      case "rgbcolor" -> RGB.matcher(text).matches();
      case "ssn" -> SOCIAL.matcher(text).matches();
      case "creditcard" -> text.replaceAll("[ -]", "").matches("\\d{13,19}");
      default -> true;
    };
  }

  private static boolean isUuid(String text, String version) {
    return text.matches(
        "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?" + version + "[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}");
  }

  private static boolean isDate(String text) {
    try {
      LocalDate.parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean isUri(String text) {
    try {
      return new URI(text).isAbsolute() || text.startsWith("/");
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean isBase64(String text) {
    try {
      Base64.getDecoder().decode(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
