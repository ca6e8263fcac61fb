package dev.coracle.schemagen;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * The protobuf form of the API's objects as a table: for every message its fields' numbers, JSON
 * names and types, from the descriptors in the client-java-proto jar, and for the groups that are
 * not in it from protobuf-more.txt.
 *
 * <p>A line {@code =NAME} begins a message; then a line for each field: number, JSON name ({@code
 * -} when the field's own fields stand in its place), kind and, for messages, the message's name,
 * separated by tabs. Kinds: s string, i integer, b boolean, d double, f float, y bytes, m message;
 * in upper case when repeated; with a p in front the values of a map with string keys.
 */
final class ProtobufMessages {

  private static final List<String> FILES =
      List.of(
          "IntStr",
          "Meta",
          "Resource",
          "Runtime",
          "V1",
          "V1Admissionregistration",
          "V1Apiextensions",
          "V1Apps",
          "V1Authentication",
          "V1Authorization",
          "V1Autoscaling",
          "V2Autoscaling",
          "V1Batch",
          "V1Certificates",
          "V1Networking",
          "V1Policy",
          "V1Rbac",
          "V1Scheduling",
          "V1Storage");

  /** Messages that are embedded in Go: JSON has their fields without a name of their own. */
  private static final Set<String> INLINE =
      Set.of(
          "deviceConfiguration",
          "ephemeralContainerCommon",
          "handler",
          "ingressRuleValue",
          "localObjectReference",
          "persistentVolumeSource",
          "rule",
          "ruleWithOperations",
          "volumeSource");

  private ProtobufMessages() {}

  static void write(Path file) throws IOException {
    Map<String, Descriptor> messages = new TreeMap<>();
    for (String name : FILES) {
      collect(file(name).getMessageTypes(), messages);
    }
    StringBuilder out = new StringBuilder();
    messages.forEach(
        (name, message) -> {
          out.append('=').append(name).append('\n');
          message.getFields().forEach(field -> line(field, out));
        });
    try (InputStream more =
        Objects.requireNonNull(
            ProtobufMessages.class.getResourceAsStream(
                "/dev/coracle/schemagen/protobuf-more.txt"))) {
      out.append(new String(more.readAllBytes(), StandardCharsets.UTF_8));
    }
    Files.createDirectories(file.getParent());
    Files.writeString(file, out.toString(), StandardCharsets.UTF_8);
  }

  private static FileDescriptor file(String name) {
    try {
      return (FileDescriptor)
          Class.forName("io.kubernetes.client.proto." + name)
              .getMethod("getDescriptor")
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no descriptor of " + name, e);
    }
  }

  private static void collect(List<Descriptor> found, Map<String, Descriptor> messages) {
    for (Descriptor message : found) {
      if (!message.getOptions().getMapEntry()) {
        messages.put(message.getFullName(), message);
      }
      collect(message.getNestedTypes(), messages);
    }
  }

  private static void line(FieldDescriptor field, StringBuilder out) {
    FieldDescriptor value = field;
    String prefix = "";
    if (field.isMapField()) {
      value = field.getMessageType().findFieldByName("value");
      prefix = "p";
    }
    char kind = kind(value);
    if (field.isRepeated() && !field.isMapField()) {
      kind = Character.toUpperCase(kind);
    }
    out.append(field.getNumber())
        .append('\t')
        .append(jsonName(field))
        .append('\t')
        .append(prefix)
        .append(kind);
    if (value.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      out.append('\t').append(value.getMessageType().getFullName());
    }
    out.append('\n');
  }

  private static char kind(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case STRING -> 's';
      case INT, LONG, ENUM -> 'i';
      case BOOLEAN -> 'b';
      case DOUBLE -> 'd';
      case FLOAT -> 'f';
      case BYTE_STRING -> 'y';
      case MESSAGE -> 'm';
    };
  }

  private static String jsonName(FieldDescriptor field) {
    String name = field.getName();
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        && !field.isRepeated()
        && INLINE.contains(name)) {
      return "-";
    }
    if (field.getContainingType().getName().equals("JSONSchemaProps")) {
      return switch (name) {
        case "ref", "schema" -> "$" + name;
        default ->
            name.startsWith("xKubernetes")
                ? name.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT)
                : name;
      };
    }
    return name;
  }
}
