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
import java.util.TreeSet;

/**
 * The protobuf form of the API's objects as a table: for every message its fields' numbers, JSON
 * names and types, from the descriptors in the client-java-proto jar, and for the group that is not
 * in it from protobuf-more.txt.
 *
 * <p>A line {@code =NAME} begins a message; then a line for each field: number, JSON name ({@code
 * -} when the field's own fields stand in its place), kind and, for messages, the message's name,
 * separated by tabs. Kinds: s string, i integer, b boolean, d double, f float, y bytes, m message;
 * in upper case when repeated; with a p in front the values of a map with string keys; with a star
 * behind when an empty value says something, because the field is required or a pointer in Go.
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
          "V1Coordination",
          "V1Discovery",
          "V1Events",
          "V1Flowcontrol",
          "V1Networking",
          "V1Node",
          "V1Policy",
          "V1Rbac",
          "V1Resource",
          "V1Scheduling",
          "V1Storage",
          "V2Apidiscovery");

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

  /** Where the message's field is spelled differently than JSON's. */
  private static final Map<String, String> SPELLED =
      Map.of(
          "Webhooks", "webhooks",
          "Expression", "expression",
          "Name", "name",
          "uID", "uid",
          "aPIGroup", "apiGroup");

  private final Map<String, Definition> definitions;
  private final Map<String, Set<String>> pointers;
  private final Set<String> used = new TreeSet<>();

  private ProtobufMessages(Map<String, Definition> definitions, Map<String, Set<String>> pointers) {
    this.definitions = definitions;
    this.pointers = pointers;
  }

  static void write(Model model, Path file) throws IOException {
    ProtobufMessages writer = new ProtobufMessages(model.definitions(), pointers());
    Map<String, Descriptor> messages = new TreeMap<>();
    for (String name : FILES) {
      collect(file(name).getMessageTypes(), messages);
    }
    StringBuilder out = new StringBuilder();
    messages.forEach(
        (name, message) -> {
          out.append('=').append(name).append('\n');
          message.getFields().forEach(field -> writer.line(field, out));
        });
    Set<String> unknown = new TreeSet<>();
    writer.pointers.forEach(
        (message, fields) -> fields.forEach(field -> unknown.add(message + " " + field)));
    unknown.removeAll(writer.used);
    if (!unknown.isEmpty()) {
      throw new IllegalStateException("no such fields: " + unknown);
    }
    out.append(resource("protobuf-more.txt"));
    Files.createDirectories(file.getParent());
    Files.writeString(file, out.toString(), StandardCharsets.UTF_8);
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(
            ProtobufMessages.class.getResourceAsStream("/dev/coracle/schemagen/" + name))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, Set<String>> pointers() throws IOException {
    Map<String, Set<String>> pointers = new TreeMap<>();
    for (String line : resource("protobuf-pointers.txt").lines().toList()) {
      if (!line.startsWith("#")) {
        List<String> words = List.of(line.split(" ", -1));
        pointers.put(words.getFirst(), Set.copyOf(words.subList(1, words.size())));
      }
    }
    return pointers;
  }

  /** Whether an empty value of a field says something. */
  private boolean meant(FieldDescriptor field, String name) {
    String message = field.getContainingType().getFullName();
    boolean pointer = false;
    for (Map.Entry<String, Set<String>> each : pointers.entrySet()) {
      if (message.endsWith("." + each.getKey()) && each.getValue().contains(name)) {
        used.add(each.getKey() + " " + name);
        pointer = true;
      }
    }
    Definition definition =
        definitions.get(
            message
                .replaceFirst("^k8s\\.io\\.", "io.k8s.")
                .replace("apiextensions_apiserver", "apiextensions-apiserver"));
    return pointer
        || (definition != null
            && definition.properties().stream()
                .anyMatch(
                    property ->
                        property.name().equals(name)
                            && property.attributes().containsKey("required")));
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

  private void line(FieldDescriptor field, StringBuilder out) {
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
    String name = jsonName(field);
    out.append(field.getNumber()).append('\t').append(name).append('\t');
    out.append(prefix).append(kind);
    if (!field.isRepeated()
        && value.getJavaType() != FieldDescriptor.JavaType.MESSAGE
        && meant(field, name)) {
      out.append('*');
    }
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
    return SPELLED.getOrDefault(name, name);
  }
}
