package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.IntOrString;
import dev.coracle.api.Names;
import dev.coracle.api.Quantity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A field of an object under validation: its value (possibly missing), its path, and where errors
 * go.
 *
 * @param json the value; a missing node when there is none
 */
public record Field(JsonNode json, FieldPath path, FieldErrors errors) {

  public static Field of(ObjectNode object, String name, FieldErrors errors) {
    return new Field(object.path(name), FieldPath.of(name), errors);
  }

  public Field child(String name) {
    return new Field(json.path(name), path.child(name), errors);
  }

  /** The same value under another path, where Kubernetes reports it elsewhere. */
  public Field at(FieldPath other) {
    return new Field(json, other, errors);
  }

  public List<Field> items() {
    if (!json.isArray() || json.isEmpty()) {
      return List.of();
    }
    List<Field> items = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      items.add(new Field(json.get(i), path.index(i), errors));
    }
    return items;
  }

  /** The values of a map, each with its key as subscript. */
  public List<Field> entries() {
    List<Field> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      entries.add(new Field(entry.getValue(), path.key(entry.getKey()), errors));
    }
    return entries;
  }

  /** Whether there is a value: neither missing nor null. */
  public boolean present() {
    return !json.isMissingNode() && !json.isNull();
  }

  public boolean has(String name) {
    return json.hasNonNull(name);
  }

  /** Whether there is nothing: no value, an empty string, list or map. */
  public boolean blank() {
    if (!present()) {
      return true;
    }
    return json.isTextual() ? json.textValue().isEmpty() : json.isContainerNode() && json.isEmpty();
  }

  public String text() {
    return json.asText("");
  }

  public String text(String name) {
    JsonNode value = json.path(name);
    return value.isNull() ? "" : value.asText("");
  }

  public long number() {
    return json.asLong(0);
  }

  public boolean flag(String name) {
    return json.path(name).asBoolean(false);
  }

  // What can be wrong.

  public void required(String detail) {
    errors.required(path, detail);
  }

  public void invalid(String detail) {
    errors.invalid(path, json, detail);
  }

  public void invalid(List<String> messages) {
    messages.forEach(this::invalid);
  }

  public void forbidden(String detail) {
    errors.forbidden(path, detail);
  }

  public void duplicate() {
    errors.duplicate(path, json);
  }

  /** A string that must be there; tells whether it is. */
  public boolean needed() {
    return needed("");
  }

  public boolean needed(String detail) {
    if (blank()) {
      required(detail);
      return false;
    }
    return true;
  }

  /** A string must be one of these; an absent one is left alone. */
  public void oneOf(String... supported) {
    if (!blank() && !Arrays.asList(supported).contains(text())) {
      errors.notSupported(path, json, Arrays.asList(supported));
    }
  }

  /** A string must be there and be one of these. */
  public void neededOneOf(String... supported) {
    if (needed()) {
      oneOf(supported);
    }
  }

  public void nonNegative() {
    if (present() && json.isNumber() && number() < 0) {
      invalid("must be greater than or equal to 0");
    }
  }

  public void positive() {
    if (present() && number() <= 0) {
      invalid("must be greater than 0");
    }
  }

  public void between(long least, long most) {
    if (present() && (number() < least || number() > most)) {
      invalid(Names.range(least, most));
    }
  }

  public void subdomain() {
    if (!blank()) {
      invalid(Names.dns1123Subdomain(text()));
    }
  }

  public void dnsLabel() {
    if (!blank()) {
      invalid(Names.dns1123Label(text()));
    }
  }

  public void qualified() {
    invalid(Names.qualifiedName(text()));
  }

  /** A port by number or by name. */
  public void portNumberOrName() {
    if (json.isNumber()) {
      invalid(Names.portNumber(number()));
    } else {
      invalid(Names.portName(text()));
    }
  }

  /** A number of at least 0 or a percentage. */
  public void amountOrPercent() {
    if (json.isTextual()) {
      if (!IntOrString.isPercent(json)) {
        invalid(
            Names.regexError(
                "a valid percent string must be a numeric string followed by an ending '%'",
                "[0-9]+%", "1%", "93%"));
      }
    } else {
      nonNegative();
    }
  }

  /** A percentage must not be above 100. */
  public void atMostAll() {
    if (IntOrString.isPercent(json) && IntOrString.scaled(json, 100, false) > 100) {
      invalid("must not be greater than 100%");
    }
  }

  public void ip() {
    if (!blank() && !Addresses.isIp(text())) {
      invalid("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
  }

  /** The quantity, or null when there is none that can be read. */
  public @Nullable Quantity quantity() {
    try {
      return json.isTextual() || json.isNumber() ? Quantity.of(json) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** On updates: the value must be as it was. */
  public void immutable(JsonNode before) {
    immutable(before, "field is immutable");
  }

  void immutable(JsonNode before, String detail) {
    if (!Trees.same(json, before)) {
      invalid(detail);
    }
  }

  public static JsonNode nothing() {
    return MissingNode.getInstance();
  }
}
