package dev.coracle.node.downward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Downward API: values of {@code fieldRef} and {@code resourceFieldRef} selectors.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/downward-api/">Downward API</a>
 */
public final class DownwardApi {

  private static final Quantity ONE = Quantity.of(1);

  private DownwardApi() {}

  /**
   * The value of a {@code fieldPath}; empty when the Pod has none.
   *
   * @param pod with a status that has its addresses
   * @throws IllegalArgumentException for a path that is not supported
   */
  public static String field(JsonNode pod, String fieldPath) {
    int bracket = fieldPath.indexOf("['");
    if (bracket > 0 && fieldPath.endsWith("']")) {
      String key = fieldPath.substring(bracket + 2, fieldPath.length() - 2);
      return switch (fieldPath.substring(0, bracket)) {
        case "metadata.annotations" -> text(pod.path("metadata").path("annotations").path(key));
        case "metadata.labels" -> text(pod.path("metadata").path("labels").path(key));
        default -> throw unsupported(fieldPath);
      };
    }
    return switch (fieldPath) {
      case "metadata.name", "metadata.namespace", "metadata.uid" ->
          text(pod.path("metadata").path(fieldPath.substring("metadata.".length())));
      case "metadata.labels" -> formatMap(pod.path("metadata").path("labels"));
      case "metadata.annotations" -> formatMap(pod.path("metadata").path("annotations"));
      case "spec.nodeName" -> text(pod.path("spec").path("nodeName"));
      case "spec.serviceAccountName" -> text(pod.path("spec").path("serviceAccountName"));
      case "status.podIP" -> text(pod.path("status").path("podIP"));
      case "status.hostIP" -> text(pod.path("status").path("hostIP"));
      case "status.podIPs" -> join(pod.path("status").path("podIPs"));
      case "status.hostIPs" -> join(pod.path("status").path("hostIPs"));
      default -> throw unsupported(fieldPath);
    };
  }

  private static IllegalArgumentException unsupported(String fieldPath) {
    return new IllegalArgumentException("unsupported fieldPath: " + fieldPath);
  }

  private static String text(JsonNode node) {
    return node.asText("");
  }

  private static String join(JsonNode addresses) {
    StringBuilder joined = new StringBuilder();
    for (JsonNode address : addresses) {
      joined.append(joined.isEmpty() ? "" : ",").append(text(address.path("ip")));
    }
    return joined.toString();
  }

  /** A map as {@code key="escaped value"} lines, sorted by key. */
  public static String formatMap(JsonNode map) {
    Map<String, String> sorted = new TreeMap<>();
    map.properties().forEach(entry -> sorted.put(entry.getKey(), text(entry.getValue())));
    StringBuilder lines = new StringBuilder();
    sorted.forEach(
        (key, value) -> {
          lines.append(lines.isEmpty() ? "" : "\n").append(key).append('=');
          quote(lines, value);
        });
    return lines.toString();
  }

  /** Quotes as Go's {@code %q} does. */
  static void quote(StringBuilder out, String value) {
    out.append('"');
    value
        .codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case 7 -> out.append("\\a");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case 11 -> out.append("\\v");
                default -> {
                  if (isPrintable(point)) {
                    out.appendCodePoint(point);
                  } else if (point < ' ' || point == 0x7f) {
                    out.append(String.format(Locale.ROOT, "\\x%02x", point));
                  } else if (point < 0x10000) {
                    out.append(String.format(Locale.ROOT, "\\u%04x", point));
                  } else {
                    out.append(String.format(Locale.ROOT, "\\U%08x", point));
                  }
                }
              }
            });
    out.append('"');
  }

  private static boolean isPrintable(int point) {
    return point == ' '
        || switch (Character.getType(point)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /** What limits a container without limits of its own: its Pod's, or the node's. */
  public static JsonNode limits(JsonNode pod, JsonNode allocatable) {
    JsonNode limits = pod.path("spec").path("resources").path("limits");
    if (limits.isEmpty() || !(allocatable.deepCopy() instanceof ObjectNode all)) {
      return allocatable;
    }
    limits.properties().forEach(limit -> all.set(limit.getKey(), limit.getValue()));
    return all;
  }

  /**
   * The value of a {@code resourceFieldRef}: divided by its divisor, rounded up. A limit that the
   * container does not set is what the node can give.
   *
   * @param container of the Pod's
   * @param allocatable {@code Node.status.allocatable}
   * @throws IllegalArgumentException for a resource that is not supported
   */
  public static String resource(
      JsonNode container, String resource, JsonNode divisor, JsonNode allocatable) {
    int dot = resource.indexOf('.');
    String kind = dot < 0 ? "" : resource.substring(0, dot);
    String name = resource.substring(dot + 1);
    boolean known =
        name.equals("cpu")
            || name.equals("memory")
            || name.equals("ephemeral-storage")
            || name.startsWith("hugepages-");
    if (!known || !(kind.equals("limits") || kind.equals("requests"))) {
      throw new IllegalArgumentException("unsupported container resource : " + resource);
    }
    JsonNode given = container.path("resources").path(kind).path(name);
    if (given.isMissingNode() && kind.equals("limits") && !name.startsWith("hugepages-")) {
      given = allocatable.path(name);
    }
    Quantity value = given.isMissingNode() ? Quantity.ZERO : Quantity.of(given);
    Quantity by = divisor.isMissingNode() || divisor.isNull() ? ONE : Quantity.of(divisor);
    return String.valueOf(value.dividedBy(by.signum() == 0 ? ONE : by));
  }

  /** The container of a Pod with a name, init containers included; a missing node for none. */
  public static JsonNode container(JsonNode pod, String name) {
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : pod.path("spec").path(list)) {
        if (container.path("name").asText().equals(name)) {
          return container;
        }
      }
    }
    return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
  }
}
