package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The definitions of one package, such as {@code io.k8s.api.core.v1}, in a resource that {@code
 * coracle-schema} wrote (the notation is explained there). The text is cut into definitions when
 * the package is first used; a definition is understood when it is first asked for.
 */
final class SchemaPackage {

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final Set<String> FREE_OBJECTS =
      Set.of(META + "FieldsV1", META + "Patch", "io.k8s.apimachinery.pkg.runtime.RawExtension");

  private final Schemas schemas;
  private final String name;
  private final Map<String, String> texts;
  private final Map<String, Schema> definitions = new ConcurrentHashMap<>();
  private java.lang.ref.@Nullable SoftReference<Map<String, String>> descriptions;

  SchemaPackage(Schemas schemas, String name) {
    this.schemas = schemas;
    this.name = name;
    this.texts = cut(resource(name + ".schema"));
  }

  static String resource(String file) {
    try (InputStream in = SchemaPackage.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the schema resource " + file + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines of each definition, by its name. */
  private static Map<String, String> cut(String text) {
    Map<String, String> cut = new LinkedHashMap<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start) + 1;
      while (end < text.length() && text.charAt(end) == '\t') {
        end = text.indexOf('\n', end) + 1;
      }
      String definition = text.substring(start, end);
      int nameEnd = 0;
      while (definition.charAt(nameEnd) != '\t' && definition.charAt(nameEnd) != '\n') {
        nameEnd++;
      }
      cut.put(definition.substring(0, nameEnd), definition);
      start = end;
    }
    return cut;
  }

  Collection<String> names() {
    return texts.keySet();
  }

  @Nullable Schema find(String definition) {
    Schema known = definitions.get(definition);
    if (known != null) {
      return known;
    }
    String text = texts.get(definition);
    if (text == null) {
      return null;
    }
    Schema parsed = parse(text);
    Schema raced = definitions.putIfAbsent(definition, parsed);
    return raced == null ? parsed : raced;
  }

  /** Whether a definition is an object with apiVersion and kind. */
  boolean isKind(String definition) {
    String text = texts.get(definition);
    return text != null && text.lines().findFirst().orElse("").contains("\tkind");
  }

  private Schema parse(String text) {
    List<String> lines = text.lines().toList();
    String[] head = lines.getFirst().split("\t");
    Map<String, String> attributes = attributes(head, 1);
    Schema.Builder builder = new Schema.Builder();
    builder.definition = name + "." + head[0];
    builder.description = () -> description(head[0]);
    builder.atomic = "atomic".equals(attributes.get("map"));
    String unions = attributes.get("unions");
    builder.unions = unions == null ? null : Json.read(unions);
    String whole = attributes.get("type");
    if (whole != null) {
      return special(builder, (ObjectNode) Json.read(whole));
    }
    builder.type = Schema.Type.OBJECT;
    Map<String, Schema> properties = LinkedHashMap.newLinkedHashMap(lines.size());
    Set<String> required = new TreeSet<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.split("\t");
      Map<String, String> facts = attributes(words, 3);
      if (facts.containsKey("required")) {
        required.add(words[1]);
      }
      properties.put(words[1], property(head[0], words[1], words[2], facts));
    }
    builder.properties = Collections.unmodifiableMap(properties);
    builder.required = Collections.unmodifiableSet(required);
    return builder.build();
  }

  /** The types that are not objects with fields. */
  private static Schema special(Schema.Builder builder, ObjectNode openApi) {
    builder.openApi = openApi;
    builder.type = type(openApi.path("type").asText());
    builder.format = openApi.path("format").asText();
    if (builder.definition.endsWith(".IntOrString")) {
      builder.intOrString = true;
      builder.format = "int-or-string";
    } else if (builder.definition.endsWith(".resource.Quantity")) {
      builder.format = "quantity";
    } else if (builder.definition.equals(META + "MicroTime")) {
      builder.format = "micro-time";
    } else if (FREE_OBJECTS.contains(builder.definition) || builder.type == Schema.Type.ANY) {
      builder.preserveUnknownFields = true;
    }
    return builder.build();
  }

  private static Schema.Type type(String word) {
    return switch (word) {
      case "object" -> Schema.Type.OBJECT;
      case "array" -> Schema.Type.ARRAY;
      case "string" -> Schema.Type.STRING;
      case "integer" -> Schema.Type.INTEGER;
      case "number" -> Schema.Type.NUMBER;
      case "boolean" -> Schema.Type.BOOLEAN;
      default -> Schema.Type.ANY;
    };
  }

  private Schema property(String owner, String field, String type, Map<String, String> facts) {
    Schema.Builder builder = typed(type);
    builder.description = () -> description(owner + "." + field);
    String defaultValue = facts.get("default");
    if (defaultValue != null) {
      builder.defaultValue = literal(defaultValue);
    }
    builder.omittedWhenZero = facts.containsKey("omitempty");
    String keys = facts.get("keys");
    if (keys != null) {
      builder.listType = Schema.ListType.MAP;
      builder.listMapKeys = List.of(keys.split(","));
    } else if (facts.containsKey("set")) {
      builder.listType = Schema.ListType.SET;
    }
    builder.hasListType = keys != null || facts.containsKey("set") || facts.containsKey("atomic");
    builder.atomic = "atomic".equals(facts.get("map"));
    String patch = facts.get("patch");
    builder.patchStrategy = patch == null ? Set.of() : Set.of(patch.split(","));
    builder.patchMergeKey = facts.getOrDefault("merge", "");
    builder.goType = facts.getOrDefault("go", "");
    return builder.build();
  }

  /** The usual defaults, without waking up a parser. */
  private static JsonNode literal(String json) {
    return switch (json) {
      case "{}" -> JsonNodeFactory.instance.objectNode();
      case "\"\"" -> JsonNodeFactory.instance.textNode("");
      case "0" -> JsonNodeFactory.instance.numberNode(0);
      case "false" -> JsonNodeFactory.instance.booleanNode(false);
      default -> Json.read(json);
    };
  }

  private Schema.Builder typed(String type) {
    Schema.Builder builder = new Schema.Builder();
    if (type.startsWith("[]")) {
      builder.type = Schema.Type.ARRAY;
      builder.items = typed(type.substring(2)).build();
    } else if (type.startsWith("{}")) {
      builder.type = Schema.Type.OBJECT;
      builder.additionalProperties = typed(type.substring(2)).build();
    } else if (type.startsWith("&")) {
      String reference = type.substring(1);
      String full = reference.indexOf('.') < 0 ? name + "." + reference : reference;
      builder.definition = full;
      builder.target = () -> schemas.required(full);
    } else {
      int slash = type.indexOf('/');
      builder.type = type(slash < 0 ? type : type.substring(0, slash));
      builder.format = slash < 0 ? "" : type.substring(slash + 1);
      builder.preserveUnknownFields = builder.type == Schema.Type.OBJECT;
    }
    return builder;
  }

  private static Map<String, String> attributes(String[] words, int from) {
    if (words.length <= from) {
      return Map.of();
    }
    Map<String, String> attributes = HashMap.newHashMap(words.length);
    for (int i = from; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 0) {
        attributes.put(words[i], "");
      } else {
        attributes.put(words[i].substring(0, equals), words[i].substring(equals + 1));
      }
    }
    return attributes;
  }

  /** The text for {@code Definition} or {@code Definition.field}; kept while memory lasts. */
  private synchronized String description(String key) {
    Map<String, String> known = descriptions == null ? null : descriptions.get();
    if (known == null) {
      known = new HashMap<>();
      String owner = "";
      for (String line : new ArrayList<>(resource(name + ".doc").lines().toList())) {
        boolean field = line.startsWith("\t");
        int tab = line.indexOf('\t', field ? 1 : 0);
        String word = line.substring(field ? 1 : 0, tab);
        owner = field ? owner : word;
        known.put(field ? owner + "." + word : word, unescape(line.substring(tab + 1)));
      }
      descriptions = new java.lang.ref.SoftReference<>(known);
    }
    return known.getOrDefault(key, "");
  }

  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (letter == '\\' && i + 1 < text.length()) {
        i++;
        letter =
            switch (text.charAt(i)) {
              case 'n' -> '\n';
              case 't' -> '\t';
              default -> text.charAt(i);
            };
      }
      plain.append(letter);
    }
    return plain.toString();
  }
}
