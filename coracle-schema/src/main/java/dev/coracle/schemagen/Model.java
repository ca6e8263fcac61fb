package dev.coracle.schemagen;

import com.google.gson.annotations.SerializedName;
import dev.coracle.schemagen.Definition.Property;
import io.swagger.annotations.ApiModel;
import io.swagger.annotations.ApiModelProperty;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All definitions: the jar's classes, read by reflection, joined with the facts. */
final class Model {

  static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1";
  static final String TIME = META + ".Time";
  static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
  static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

  private static final String CLASSES = "io.kubernetes.client.openapi.models.";

  private final Facts facts;
  private final Map<Class<?>, String> definitionOfClass = new LinkedHashMap<>();
  private final Map<String, Definition> definitions = new LinkedHashMap<>();

  private Model(Facts facts) {
    this.facts = facts;
  }

  static Model read(Facts facts) throws ReflectiveOperationException {
    Model model = new Model(facts);
    model.nameClasses();
    for (Facts.Package of : facts.packages().values()) {
      for (Map.Entry<String, Facts.Entry> entry : of.entries().entrySet()) {
        Definition definition = model.definition(of, entry.getKey(), entry.getValue());
        model.definitions.put(definition.fullName(), definition);
      }
    }
    return model;
  }

  Facts facts() {
    return facts;
  }

  Map<String, Definition> definitions() {
    return definitions;
  }

  List<Definition> ofPackage(String packageName) {
    List<Definition> found = new ArrayList<>();
    for (Definition definition : definitions.values()) {
      if (definition.packageName().equals(packageName)) {
        found.add(definition);
      }
    }
    found.sort(Comparator.comparing(Definition::name));
    return found;
  }

  private void nameClasses() throws ClassNotFoundException {
    for (Facts.Package of : facts.packages().values()) {
      for (Map.Entry<String, Facts.Entry> entry : of.entries().entrySet()) {
        if (!entry.getValue().attributes().containsKey("type")) {
          Class<?> type = Class.forName(CLASSES + className(of, entry.getKey(), entry.getValue()));
          definitionOfClass.put(type, of.name() + "." + entry.getKey());
        }
      }
    }
  }

  private static String version(Facts.Package of) {
    String version = of.name().substring(of.name().lastIndexOf('.') + 1);
    return Character.toUpperCase(version.charAt(0)) + version.substring(1);
  }

  private static String className(Facts.Package of, String name, Facts.Entry entry) {
    String java = entry.attributes().get("java");
    return java == null ? version(of) + name : java;
  }

  private Definition definition(Facts.Package of, String name, Facts.Entry entry)
      throws ReflectiveOperationException {
    Map<String, String> attributes = new LinkedHashMap<>(entry.attributes());
    attributes.remove("java");
    if (attributes.containsKey("type")) {
      return new Definition(of.name(), name, name, "", attributes, List.of());
    }
    String className = className(of, name, entry);
    Class<?> type = Class.forName(CLASSES + className);
    ApiModel model = type.getAnnotation(ApiModel.class);
    List<Property> properties = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (field.isAnnotationPresent(SerializedName.class)) {
        properties.add(property(of, type, field, entry));
      }
    }
    properties.sort(Comparator.comparing(Property::name));
    var unknown = new TreeSet<>(entry.fields().keySet());
    properties.forEach(property -> unknown.remove(property.name()));
    if (!unknown.isEmpty()) {
      throw new IllegalStateException(of.name() + "." + name + " has no fields " + unknown);
    }
    String javaName = className.replace(version(of), "");
    String description = model == null ? "" : model.description();
    return new Definition(of.name(), name, javaName, description, attributes, properties);
  }

  private Property property(Facts.Package of, Class<?> type, Field field, Facts.Entry entry)
      throws ReflectiveOperationException {
    String name = field.getAnnotation(SerializedName.class).value();
    Map<String, String> known = entry.fields().getOrDefault(name, Map.of());
    ApiModelProperty api = getter(type, field).getAnnotation(ApiModelProperty.class);
    String reference = known.get("ref");
    String expression = expression(of, field.getGenericType(), reference);
    Map<String, String> attributes = new TreeMap<>(known);
    attributes.remove("ref");
    boolean required = api != null && api.required();
    if (required) {
      attributes.put("required", "");
    }
    String implied = impliedDefault(expression, name, required, attributes);
    if (implied != null) {
      attributes.putIfAbsent("default", implied);
    }
    attributes.remove("struct");
    attributes.remove("pointer");
    return new Property(name, expression, api == null ? "" : api.value(), attributes);
  }

  /** Names that Java does not allow are spelled differently in fields and in their getters. */
  private static Method getter(Class<?> type, Field field) throws NoSuchMethodException {
    String wanted = "get" + letters(field.getName());
    for (Method method : type.getDeclaredMethods()) {
      if (method.getParameterCount() == 0 && letters(method.getName()).equals(wanted)) {
        return method;
      }
    }
    throw new NoSuchMethodException(field.toString());
  }

  private static String letters(String name) {
    return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
  }

  /** A Go value that is not a pointer is always there: its zero value, when it is left out. */
  private static @Nullable String impliedDefault(
      String type, String name, boolean required, Map<String, String> attributes) {
    if (attributes.containsKey("pointer")) {
      return null;
    }
    if (attributes.containsKey("struct")) {
      return "{}";
    }
    boolean metadata = name.equals("metadata") && type.startsWith("&" + META);
    if (!required) {
      return metadata ? "{}" : null;
    }
    return switch (type.charAt(0)) {
      case '&' -> "{}";
      case 's' -> "\"\"";
      case 'i', 'n' -> "0";
      case 'b' -> "false";
      default -> null;
    };
  }

  private String expression(Facts.Package of, Type type, @Nullable String reference) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return generic.getRawType() == List.class
          ? "[]" + expression(of, arguments[0], reference)
          : "{}" + expression(of, arguments[1], reference);
    }
    if (reference != null) {
      return "&" + (reference.contains(".") ? reference : of.name() + "." + reference);
    }
    Class<?> plain = (Class<?>) type;
    return switch (plain.getSimpleName()) {
      case "String" -> "string";
      case "Integer" -> "integer/int32";
      case "Long" -> "integer/int64";
      case "Boolean" -> "boolean";
      case "Double" -> "number/double";
      case "byte[]" -> "string/byte";
      case "OffsetDateTime" -> "&" + TIME;
      case "Quantity" -> "&" + QUANTITY;
      case "IntOrString" -> "&" + INT_OR_STRING;
      case "Object" -> "object";
      default -> "&" + definitionName(plain);
    };
  }

  private String definitionName(Class<?> type) {
    String name = definitionOfClass.get(type);
    if (name == null) {
      throw new IllegalStateException(
          type + " is not in the table of facts; dates are " + OffsetDateTime.class);
    }
    return name;
  }
}
