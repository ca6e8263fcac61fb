package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * YAML in and out, as trees of JSON: what Kubernetes takes and gives as {@code application/yaml}.
 * Written documents have block style and sorted keys; strings that an older reader (YAML 1.1) might
 * take for something else are quoted.
 */
public final class Yaml {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./@+-]*");
  private static final Pattern AMBIGUOUS =
      Pattern.compile(
          "(?i)y|n|yes|no|on|off|true|false|null|~|[-+]?\\.(inf|nan)|[-+]?[0-9][0-9_.,:eExXoa-f+-]*");

  /** As for JSON; far more than any object of Kubernetes has. */
  private static final int MOST_DEPTH = 500;

  private static final int SPARE_NODES = 1_000;
  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setCodePointLimit(64 << 20)
          .setMaxAliasesForCollections(100)
          .setAllowDuplicateKeys(true)
          .build();

  private Yaml() {}

  /**
   * Reads the first document, as Kubernetes does; JSON is YAML as well. Of keys that occur twice
   * the last one wins.
   *
   * @throws IllegalArgumentException when it is not YAML, is nested too deep, grows out of
   *     proportion by its aliases, or has keys that are collections
   */
  public static JsonNode read(byte[] yaml) {
    ObjectNode json = JsonAsYaml.read(yaml);
    if (json != null) {
      return json;
    }
    List<JsonNode> documents = documents(yaml, 1);
    return documents.isEmpty() ? Json.object().nullNode() : documents.getFirst();
  }

  /**
   * Where the first document says something twice: {@code line 6: key "a" already set in map}.
   *
   * @throws IllegalArgumentException when it is not YAML
   */
  public static List<String> duplicateKeys(byte[] yaml) {
    List<String> found = new ArrayList<>(0);
    if (JsonAsYaml.read(yaml) != null) {
      return found;
    }
    try {
      Iterator<Node> documents = new Compose(SETTINGS).composeAllFromString(text(yaml)).iterator();
      if (documents.hasNext()) {
        duplicateKeys(documents.next(), found, 0);
      }
    } catch (YamlEngineException e) {
      throw bad(e);
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
    return found;
  }

  private static void duplicateKeys(Node node, List<String> found, int depth) {
    if (depth > MOST_DEPTH) {
      throw tooDeep();
    }
    switch (node) {
      case MappingNode map -> {
        Set<String> keys = new HashSet<>();
        for (NodeTuple entry : map.getValue()) {
          if (entry.getKeyNode() instanceof ScalarNode key && !keys.add(key.getValue())) {
            int line = key.getStartMark().map(Mark::getLine).orElse(0) + 1;
            found.add("line " + line + ": key \"" + key.getValue() + "\" already set in map");
          }
          duplicateKeys(entry.getValueNode(), found, depth + 1);
        }
      }
      case SequenceNode list -> list.getValue().forEach(e -> duplicateKeys(e, found, depth + 1));
      default -> {}
    }
  }

  /** In one line, as Kubernetes' reader of YAML says it: {@code yaml: line 3: what is wrong}. */
  private static IllegalArgumentException bad(YamlEngineException e) {
    if (e instanceof MarkedYamlEngineException marked && marked.getProblemMark().isPresent()) {
      String problem = String.valueOf(marked.getProblem());
      String words =
          problem.equals("mapping values are not allowed here")
              ? "mapping values are not allowed in this context"
              : problem.toLowerCase(Locale.ROOT);
      int line = marked.getProblemMark().get().getLine() + 1;
      return new IllegalArgumentException("yaml: line " + line + ": " + words, e);
    }
    return new IllegalArgumentException("yaml: " + String.valueOf(e.getMessage()).strip(), e);
  }

  private static IllegalArgumentException tooDeep() {
    return new IllegalArgumentException("yaml: exceeded max depth of " + MOST_DEPTH);
  }

  /**
   * Reads every document; empty ones are left out.
   *
   * @throws IllegalArgumentException when it is not YAML
   */
  public static List<JsonNode> readAll(byte[] yaml) {
    return documents(yaml, Integer.MAX_VALUE);
  }

  /**
   * The text, with spaces for the tabs between the tokens of a flow collection: there YAML allows
   * them, and indented JSON has them, but SnakeYAML does not take them.
   */
  private static String text(byte[] yaml) {
    String text = new String(yaml, StandardCharsets.UTF_8);
    String start = text.stripLeading();
    if (text.indexOf('\t') < 0 || !(start.startsWith("{") || start.startsWith("["))) {
      return text;
    }
    char[] characters = text.toCharArray();
    char quote = 0;
    for (int i = 0; i < characters.length; i++) {
      char character = characters[i];
      if (quote == '"' && character == '\\') {
        i++;
      } else if (quote != 0) {
        quote = character == quote ? 0 : quote;
      } else if (character == '"' || character == '\'') {
        quote = character;
      } else if (character == '\t') {
        characters[i] = ' ';
      }
    }
    return new String(characters);
  }

  private static List<JsonNode> documents(byte[] yaml, int most) {
    List<JsonNode> documents = new ArrayList<>();
    Reader reader = new Reader(yaml.length + SPARE_NODES);
    try {
      for (Object document : new Load(SETTINGS).loadAllFromString(text(yaml))) {
        if (document != null) {
          documents.add(reader.node(document, 0));
        }
        if (documents.size() == most) {
          break;
        }
      }
    } catch (YamlEngineException e) {
      throw bad(e);
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
    return documents;
  }

  /** One document. */
  public static byte[] write(JsonNode node) {
    StringBuilder out = new StringBuilder();
    if (node instanceof ObjectNode || node instanceof ArrayNode) {
      block(node, 0, false, out);
    } else {
      scalar(node, 0, out);
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Makes a tree of what was read; each node that was written takes a byte at least. */
  private static final class Reader {
    private long left;

    Reader(long most) {
      this.left = most;
    }

    JsonNode node(@Nullable Object value, int depth) {
      if (depth > MOST_DEPTH) {
        throw tooDeep();
      }
      if (left-- == 0) {
        throw new IllegalArgumentException("yaml: document contains excessive aliasing");
      }
      ObjectNode factory = Json.object();
      return switch (value) {
        case null -> factory.nullNode();
        case String text -> factory.textNode(text);
        case Boolean bool -> factory.booleanNode(bool);
        case Integer number -> factory.numberNode(number);
        case Long number -> factory.numberNode(number);
        case BigInteger number -> factory.numberNode(number);
        case Double number -> factory.numberNode(BigDecimal.valueOf(number));
        case Map<?, ?> map -> {
          ObjectNode object = Json.object();
          map.forEach((key, each) -> object.set(key(key), node(each, depth + 1)));
          yield object;
        }
        case Iterable<?> list -> {
          ArrayNode array = Json.array();
          list.forEach(each -> array.add(node(each, depth + 1)));
          yield array;
        }
        case byte[] bytes -> factory.binaryNode(bytes);
        default -> throw new IllegalArgumentException("yaml: unexpected " + value.getClass());
      };
    }
  }

  private static String key(@Nullable Object key) {
    if (key instanceof Map || key instanceof Iterable) {
      throw new IllegalArgumentException("yaml: a key must be a scalar");
    }
    return String.valueOf(key);
  }

  /** Writes a collection whose first line may continue the line of a list's dash. */
  private static void block(JsonNode node, int indent, boolean continues, StringBuilder out) {
    if (node.isEmpty()) {
      out.append(node.isObject() ? "{}" : "[]").append('\n');
      return;
    }
    boolean first = continues;
    if (node instanceof ObjectNode object) {
      Map<String, JsonNode> sorted = new TreeMap<>();
      object.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
      for (Map.Entry<String, JsonNode> entry : sorted.entrySet()) {
        if (!first) {
          out.repeat(' ', indent);
        }
        first = false;
        out.append(inline(entry.getKey())).append(':');
        JsonNode value = entry.getValue();
        if (!value.isContainerNode()) {
          out.append(' ');
          scalar(value, indent + 2, out);
        } else if (value.isEmpty()) {
          out.append(' ');
          block(value, 0, true, out);
        } else {
          out.append('\n');
          block(value, value.isArray() ? indent : indent + 2, false, out);
        }
      }
      return;
    }
    for (JsonNode value : node) {
      if (!first) {
        out.repeat(' ', indent);
      }
      first = false;
      out.append("- ");
      if (value.isContainerNode()) {
        block(value, indent + 2, true, out);
      } else {
        scalar(value, indent + 2, out);
      }
    }
  }

  private static void scalar(JsonNode value, int indent, StringBuilder out) {
    if (!value.isTextual()) {
      out.append(value.asText()).append('\n');
      return;
    }
    String text = value.textValue();
    if (!literal(text)) {
      out.append(inline(text)).append('\n');
      return;
    }
    boolean ends = text.endsWith("\n");
    out.append(!ends ? "|-" : text.endsWith("\n\n") ? "|+" : "|").append('\n');
    String body = ends ? text.substring(0, text.length() - 1) : text;
    for (String line : body.split("\n", -1)) {
      if (!line.isEmpty()) {
        out.repeat(' ', indent).append(line);
      }
      out.append('\n');
    }
  }

  /** Whether a text can stand as a literal block: several lines of printable characters. */
  private static boolean literal(String text) {
    int newline = text.indexOf('\n');
    if (newline < 0 || text.isBlank() || text.startsWith(" ") || text.startsWith("\n")) {
      return false;
    }
    return text.chars()
        .allMatch(
            c -> c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xd800));
  }

  private static String inline(String text) {
    if (PLAIN.matcher(text).matches() && !AMBIGUOUS.matcher(text).matches()) {
      return text;
    }
    return Json.object().textNode(text).toString();
  }
}
