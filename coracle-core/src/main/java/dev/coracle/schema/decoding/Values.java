package dev.coracle.schema.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.Base64;

/** Scalars whose text has a meaning: checked, and in their canonical form. */
final class Values {

  private Values() {}

  /** A quantity of its own keeps its text. */
  static String quantity(String text) {
    String stripped = text.strip();
    parse(stripped);
    return stripped;
  }

  /** A quantity in a list of resources (requests, limits, capacity): canonical, in whole milli. */
  static JsonNode resource(JsonNode quantity) {
    return Json.object().textNode(parse(quantity.asText()).roundedUpToMilli().toString());
  }

  private static Quantity parse(String text) {
    try {
      return Quantity.parse(text);
    } catch (IllegalArgumentException e) {
      throw new DecodingException(String.valueOf(e.getMessage()));
    }
  }

  static String time(String text) {
    return Timestamps.seconds(instant(text, "2006-01-02T15:04:05Z07:00"));
  }

  static String microTime(String text) {
    return Timestamps.micros(instant(text, "2006-01-02T15:04:05.000000Z07:00"));
  }

  private static Instant instant(String text, String layout) {
    Instant instant = Timestamps.parse(text);
    if (instant == null) {
      throw new DecodingException(
          "parsing time \""
              + text
              + "\" as \""
              + layout
              + "\": cannot parse \""
              + text
              + "\" as \"2006\"");
    }
    return instant;
  }

  static String base64(String text) {
    boolean lines = text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    String plain = lines ? text.replace("\n", "").replace("\r", "") : text;
    int start = 0;
    int end = plain.length();
    for (; start < end; start++) {
      char letter = plain.charAt(start);
      if (letter == '=' && start >= end - 2) {
        break;
      }
      if (!isBase64(letter)) {
        throw illegalBase64(start);
      }
    }
    if (end % 4 != 0) {
      throw illegalBase64(end - end % 4);
    }
    try {
      var unused = Base64.getDecoder().decode(plain);
    } catch (IllegalArgumentException e) {
      throw illegalBase64(start);
    }
    return plain;
  }

  private static boolean isBase64(char letter) {
    return (letter >= 'A' && letter <= 'Z')
        || (letter >= 'a' && letter <= 'z')
        || (letter >= '0' && letter <= '9')
        || letter == '+'
        || letter == '/';
  }

  private static DecodingException illegalBase64(int at) {
    return new DecodingException("illegal base64 data at input byte " + at);
  }
}
