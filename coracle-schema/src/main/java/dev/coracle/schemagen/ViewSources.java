package dev.coracle.schemagen;

import dev.coracle.schemagen.Definition.Property;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The typed views of the kinds that components use, and of everything they are made of. */
final class ViewSources {

  private static final String CORE = "io.k8s.api.core.v1.";
  private static final String EXTENSIONS =
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
  private static final String REGISTRATION = "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.";
  private static final Map<String, List<String>> KINDS =
      Map.ofEntries(
          Map.entry(
              CORE,
              List.of(
                  "Binding",
                  "ConfigMap",
                  "Endpoints",
                  "Event",
                  "LimitRange",
                  "Namespace",
                  "Node",
                  "PersistentVolume",
                  "PersistentVolumeClaim",
                  "Pod",
                  "PodTemplate",
                  "ReplicationController",
                  "ResourceQuota",
                  "Secret",
                  "Service",
                  "ServiceAccount")),
          Map.entry(
              "io.k8s.api.apps.v1.",
              List.of(
                  "ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")),
          Map.entry("io.k8s.api.batch.v1.", List.of("CronJob", "Job")),
          Map.entry("io.k8s.api.autoscaling.v1.", List.of("Scale")),
          Map.entry("io.k8s.api.autoscaling.v2.", List.of("HorizontalPodAutoscaler")),
          Map.entry("io.k8s.api.policy.v1.", List.of("Eviction", "PodDisruptionBudget")),
          Map.entry("io.k8s.api.coordination.v1.", List.of("Lease")),
          Map.entry("io.k8s.api.discovery.v1.", List.of("EndpointSlice")),
          Map.entry(
              "io.k8s.api.rbac.v1.",
              List.of("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")),
          Map.entry(
              "io.k8s.api.storage.v1.",
              List.of("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")),
          Map.entry("io.k8s.api.scheduling.v1.", List.of("PriorityClass")),
          Map.entry("io.k8s.api.node.v1.", List.of("RuntimeClass")),
          Map.entry("io.k8s.api.certificates.v1.", List.of("CertificateSigningRequest")),
          Map.entry(
              "io.k8s.api.networking.v1.",
              List.of("IPAddress", "Ingress", "IngressClass", "NetworkPolicy", "ServiceCIDR")),
          Map.entry(
              "io.k8s.api.admissionregistration.v1.",
              List.of(
                  "MutatingAdmissionPolicy",
                  "MutatingAdmissionPolicyBinding",
                  "MutatingWebhookConfiguration",
                  "ValidatingAdmissionPolicy",
                  "ValidatingAdmissionPolicyBinding",
                  "ValidatingWebhookConfiguration")),
          Map.entry(EXTENSIONS, List.of("CustomResourceDefinition")),
          Map.entry(REGISTRATION, List.of("APIService")),
          Map.entry(
              "io.k8s.api.authentication.v1.",
              List.of("SelfSubjectReview", "TokenRequest", "TokenReview")),
          Map.entry(
              "io.k8s.api.authorization.v1.",
              List.of(
                  "LocalSubjectAccessReview",
                  "SelfSubjectAccessReview",
                  "SelfSubjectRulesReview",
                  "SubjectAccessReview")),
          Map.entry(Model.META + ".", List.of("DeleteOptions", "ListMeta", "Status")));

  /** Names that a field's accessor cannot have: Java's own and those of the base class. */
  private static final Set<String> TAKEN =
      Set.of(
          "continue",
          "default",
          "empty",
          "enum",
          "equals",
          "field",
          "hashCode",
          "isPresent",
          "node",
          "not",
          "notify",
          "of",
          "string",
          "toString",
          "wait");

  private final Model model;
  private final Map<String, Definition> reachable = new TreeMap<>();
  private final Map<String, String> classNames = new HashMap<>();

  private ViewSources(Model model) {
    this.model = model;
  }

  static void write(Model model, OutputFolder folder) {
    ViewSources views = new ViewSources(model);
    views.reach();
    views.name();
    for (Definition definition : views.reachable.values()) {
      String name = views.className(definition);
      folder.write(name + ".java", views.source(definition, name));
    }
  }

  private void reach() {
    Deque<String> open = new ArrayDeque<>();
    KINDS.forEach((prefix, names) -> names.forEach(name -> open.add(prefix + name)));
    while (!open.isEmpty()) {
      String name = open.remove();
      Definition definition = model.definitions().get(name);
      if (definition == null) {
        throw new IllegalStateException("no definition " + name);
      }
      if (definition.isStructure() && reachable.putIfAbsent(name, definition) == null) {
        for (Property property : definition.properties()) {
          String type = element(property.type());
          if (type.startsWith("&")) {
            open.add(type.substring(1));
          }
        }
      }
    }
  }

  /** The plain name belongs to the core group, or to the only one that has it. */
  private void name() {
    Map<String, List<Definition>> byName = new HashMap<>();
    for (Definition definition : reachable.values()) {
      byName.computeIfAbsent(definition.name(), name -> new ArrayList<>()).add(definition);
    }
    for (Definition definition : reachable.values()) {
      boolean alone = byName.getOrDefault(definition.name(), List.of()).size() == 1;
      boolean core = definition.fullName().startsWith(CORE);
      String name = alone || core ? definition.name() : definition.javaName();
      if (classNames.containsValue(name)) {
        throw new IllegalStateException("two views are called " + name);
      }
      classNames.put(definition.fullName(), name);
    }
  }

  private String className(Definition definition) {
    String name = classNames.get(definition.fullName());
    if (name == null) {
      throw new IllegalStateException(definition.fullName() + " has no view");
    }
    return name;
  }

  private static String element(String type) {
    String element = type;
    while (element.startsWith("[]") || element.startsWith("{}")) {
      element = element.substring(2);
    }
    return element;
  }

  private String source(Definition definition, String name) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        package dev.coracle.client.views;

        import com.fasterxml.jackson.databind.JsonNode;
        import com.fasterxml.jackson.databind.node.ArrayNode;
        import com.fasterxml.jackson.databind.node.ObjectNode;
        import java.util.ArrayList;
        import java.util.Collections;
        import java.util.LinkedHashMap;
        import java.util.List;
        import java.util.Map;
        import org.jspecify.annotations.NullMarked;
        import org.jspecify.annotations.Nullable;

        /** {@code DEFINITION}. */
        @NullMarked
        public final class NAME extends View {

          NAME(JsonNode node) {
            super(node);
          }

          public static NAME of(ObjectNode node) {
            return new NAME(node);
          }
        """
            .replace("DEFINITION", definition.fullName())
            .replace("NAME", name));
    if (definition.isKind()) {
      String groupVersion =
          java.util.Objects.requireNonNull(
                  model.facts().packages().get(definition.packageName()), definition.packageName())
              .groupVersion();
      String apiVersion =
          groupVersion.startsWith("core/") ? groupVersion.substring(5) : groupVersion;
      text.append(
          """

            public static NAME of(dev.coracle.api.KubeObject object) {
              return new NAME(object.tree());
            }

            /** An object with nothing but its apiVersion and kind. */
            public static NAME empty() {
              return new NAME(kind("API_VERSION", "KIND"));
            }
          """
              .replace("NAME", name)
              .replace("API_VERSION", apiVersion)
              .replace("KIND", definition.name()));
    } else {
      text.append(
          """

            /** An empty object. */
            public static NAME empty() {
              return new NAME(dev.coracle.api.Json.object());
            }
          """
              .replace("NAME", name));
    }
    for (Property property : definition.properties()) {
      accessors(text, name, property);
    }
    return text.append("}\n").toString();
  }

  private void accessors(StringBuilder text, String view, Property property) {
    String accessor = accessor(property.name());
    String type = property.type();
    String template;
    if (type.startsWith("[]")) {
      template = LIST;
    } else if (type.startsWith("{}")) {
      template = MAP;
    } else if (isView(type)) {
      template = NESTED;
    } else if (javaType(type).equals("JsonNode")) {
      template = NODE;
    } else {
      template = SCALAR;
    }
    boolean container = template.equals(LIST) || template.equals(MAP);
    String element = container ? type.substring(2) : type;
    String javaType = javaType(element);
    text.append(
        template
            .replace("#view", view)
            .replace("#accessor", accessor)
            .replace(
                "#With", "with" + Character.toUpperCase(accessor.charAt(0)) + accessor.substring(1))
            .replace("#field", property.name())
            .replace("#type", javaType)
            .replace("#read", read(javaType))
            .replace("#element", elementRead(element, javaType))
            .replace("#json", json(element)));
  }

  private static final String SCALAR =
      """

        public @Nullable #type #accessor() {
          return #read("#field");
        }

        public #view #With(@Nullable #type value) {
          return new #view(set("#field", value));
        }
      """;
  private static final String NODE =
      """

        public JsonNode #accessor() {
          return field("#field");
        }

        public #view #With(@Nullable JsonNode value) {
          return new #view(set("#field", value));
        }
      """;
  private static final String NESTED =
      """

        public #type #accessor() {
          return new #type(field("#field"));
        }

        public #view #With(@Nullable #type value) {
          return new #view(set("#field", value == null ? (JsonNode) null : value.node()));
        }
      """;
  private static final String LIST =
      """

        public List<#type> #accessor() {
          JsonNode array = field("#field");
          List<#type> items = new ArrayList<>(array.size());
          for (JsonNode item : array) {
            items.add(#element);
          }
          return Collections.unmodifiableList(items);
        }

        public #view #With(List<#type> values) {
          ArrayNode array = newArray();
          for (#type value : values) {
            array.add(#json);
          }
          return new #view(set("#field", array));
        }
      """;
  private static final String MAP =
      """

        public Map<String, #type> #accessor() {
          Map<String, #type> entries = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> entry : field("#field").properties()) {
            JsonNode item = entry.getValue();
            entries.put(entry.getKey(), #element);
          }
          return Collections.unmodifiableMap(entries);
        }

        public #view #With(Map<String, #type> values) {
          ObjectNode object = newObject();
          for (Map.Entry<String, #type> entry : values.entrySet()) {
            #type value = entry.getValue();
            object.set(entry.getKey(), #json);
          }
          return new #view(set("#field", object));
        }
      """;

  private boolean isView(String type) {
    return type.startsWith("&") && classNames.containsKey(type.substring(1));
  }

  private String javaType(String type) {
    if (isView(type)) {
      return className(
          java.util.Objects.requireNonNull(model.definitions().get(type.substring(1)), type));
    }
    if (type.startsWith("[]")) {
      return "List<" + javaType(type.substring(2)) + ">";
    }
    return switch (type) {
      case "string", "string/byte" -> "String";
      case "integer/int32" -> "Integer";
      case "integer/int64" -> "Long";
      case "boolean" -> "Boolean";
      case "number/double" -> "Double";
      case "&" + Model.QUANTITY, "&" + Model.TIME, "&" + Model.META + ".MicroTime" -> "String";
      default -> "JsonNode";
    };
  }

  private static String read(String javaType) {
    return switch (javaType) {
      case "String" -> "string";
      case "Integer" -> "integer";
      case "Long" -> "longInteger";
      case "Boolean" -> "bool";
      case "Double" -> "number";
      default -> "field";
    };
  }

  private static String elementRead(String type, String javaType) {
    if (type.startsWith("[]")) {
      return "strings(item)";
    }
    return switch (javaType) {
      case "String" -> "item.asText()";
      case "Integer" -> "item.asInt()";
      case "Long" -> "item.asLong()";
      case "Boolean" -> "item.asBoolean()";
      case "Double" -> "item.asDouble()";
      case "JsonNode" -> "item";
      default -> "new " + javaType + "(item)";
    };
  }

  private String json(String type) {
    if (type.startsWith("[]")) {
      return "strings(value)";
    }
    if (isView(type)) {
      return "value.node()";
    }
    return javaType(type).equals("JsonNode") ? "value" : "json(value)";
  }

  private static String accessor(String field) {
    StringBuilder name = new StringBuilder();
    boolean upper = false;
    for (char letter : field.toCharArray()) {
      if (!Character.isLetterOrDigit(letter)) {
        upper = name.length() > 0;
      } else {
        name.append(upper ? Character.toUpperCase(letter) : letter);
        upper = false;
      }
    }
    String accessor = name.toString();
    return TAKEN.contains(accessor) ? accessor + "Value" : accessor;
  }
}
