package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Comparing trees as Kubernetes compares objects: absent, null, empty, false and zero are the same,
 * because its clients leave such values out when they write an object back; but not for the fields
 * whose absence says something else.
 */
public final class Trees {

  private static final Set<String> ABSENCE_MATTERS =
      Set.of(
          "allowPrivilegeEscalation",
          "automountServiceAccountToken",
          "fsGroup",
          "hostUsers",
          "replicas",
          "runAsGroup",
          "runAsUser",
          "storageClassName");

  private Trees() {}

  public static boolean same(@Nullable JsonNode a, @Nullable JsonNode b) {
    if (a == b) {
      return true;
    }
    if (empty(a) || empty(b)) {
      return empty(a) && empty(b);
    }
    if (a == null || b == null) {
      return false;
    }
    if (a.isObject() && b.isObject()) {
      for (Map.Entry<String, JsonNode> entry : a.properties()) {
        if (!sameField(entry.getKey(), entry.getValue(), b.get(entry.getKey()))) {
          return false;
        }
      }
      for (Map.Entry<String, JsonNode> entry : b.properties()) {
        if (!a.has(entry.getKey()) && !sameField(entry.getKey(), null, entry.getValue())) {
          return false;
        }
      }
      return true;
    }
    if (a.isArray() && b.isArray()) {
      if (a.size() != b.size()) {
        return false;
      }
      for (int i = 0; i < a.size(); i++) {
        if (!same(a.get(i), b.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (a.isNumber() && b.isNumber()) {
      return a.decimalValue().compareTo(b.decimalValue()) == 0;
    }
    return a.equals(b);
  }

  private static boolean sameField(String name, @Nullable JsonNode a, @Nullable JsonNode b) {
    if (ABSENCE_MATTERS.contains(name) && absent(a) != absent(b)) {
      return false;
    }
    return same(a, b);
  }

  private static boolean absent(@Nullable JsonNode node) {
    return node == null || node.isMissingNode() || node.isNull();
  }

  private static boolean empty(@Nullable JsonNode node) {
    if (node == null || absent(node)) {
      return true;
    }
    return switch (node.getNodeType()) {
      case ARRAY, OBJECT -> node.isEmpty();
      case STRING -> node.textValue().isEmpty();
      case BOOLEAN -> !node.booleanValue();
      case NUMBER -> node.decimalValue().signum() == 0;
      default -> false;
    };
  }

  /** The changed leaves, one a line, for people: {@code - spec.a: 1} and {@code + spec.a: 2}. */
  public static String difference(JsonNode before, JsonNode now) {
    StringBuilder text = new StringBuilder();
    difference("", before, now, text);
    return text.toString();
  }

  private static void difference(String path, JsonNode before, JsonNode now, StringBuilder text) {
    if (same(before, now)) {
      return;
    }
    if (before instanceof ObjectNode a && now instanceof ObjectNode b) {
      TreeSet<String> names = new TreeSet<>();
      a.fieldNames().forEachRemaining(names::add);
      b.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        difference(path.isEmpty() ? name : path + "." + name, a.path(name), b.path(name), text);
      }
      return;
    }
    if (before.isArray() && now.isArray() && before.size() == now.size()) {
      for (int i = 0; i < before.size(); i++) {
        difference(path + "[" + i + "]", before.path(i), now.path(i), text);
      }
      return;
    }
    text.append("- ").append(path).append(": ").append(shown(before)).append('\n');
    text.append("+ ").append(path).append(": ").append(shown(now)).append('\n');
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "null" : node.toString();
  }
}
