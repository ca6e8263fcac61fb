package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Discovery;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ExpressionValues;
import dev.coracle.schema.cel.Expressions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Policies in CEL: a write is refused, or warned of, where a bound policy's validation is false.
 */
public final class ValidatingAdmissionPolicies implements AdmissionPlugin {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final Set<String> VARIABLES =
      Set.of("object", "oldObject", "request", "params", "namespaceObject", "variables");

  private final Supplier<Client> client;
  private volatile @Nullable SharedInformer policies;
  private volatile @Nullable SharedInformer bindings;

  public ValidatingAdmissionPolicies(Supplier<Client> client) {
    this.client = client;
  }

  /** Knows the stored policies when this returns. */
  public void start(Informers informers) throws InterruptedException {
    SharedInformer first =
        informers.of(GroupVersionResource.of(GROUP, "v1", "validatingadmissionpolicies"));
    SharedInformer second =
        informers.of(GroupVersionResource.of(GROUP, "v1", "validatingadmissionpolicybindings"));
    first.awaitSync();
    second.awaitSync();
    policies = first;
    bindings = second;
  }

  @Override
  public String name() {
    return "ValidatingAdmissionPolicy";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    SharedInformer knownPolicies = policies;
    SharedInformer knownBindings = bindings;
    if (knownPolicies == null || knownBindings == null || isExempt(attributes.resource())) {
      return;
    }
    List<KubeObject> bound = knownBindings.list("");
    if (bound.isEmpty()) {
      return;
    }
    bound = new ArrayList<>(bound);
    bound.sort(Comparator.comparing(KubeObject::name));
    Map<String, Object> inputs = null;
    for (KubeObject binding : bound) {
      KubeObject policy = knownPolicies.get("", binding.text("spec", "policyName"));
      if (policy == null
          || !AdmissionRules.matches(
              policy.at("spec", "matchConstraints"), attributes, client.get())
          || !AdmissionRules.matches(
              binding.at("spec", "matchResources"), attributes, client.get())) {
        continue;
      }
      if (inputs == null) {
        inputs = inputs(attributes);
      }
      new Evaluation(attributes, policy, binding).run(inputs);
    }
  }

  /** So that nobody locks themselves out, and reviews that ask about rights are always answered. */
  private static boolean isExempt(GroupVersionResource resource) {
    return resource.group().equals(GROUP)
        || (resource.group().equals("authentication.k8s.io")
            || resource.group().equals("authorization.k8s.io"));
  }

  private Map<String, Object> inputs(AdmissionAttributes attributes) {
    Map<String, Object> inputs = new HashMap<>();
    KubeObject old = attributes.oldObject();
    KubeObject namespace = AdmissionRules.namespace(attributes, client.get());
    inputs.put("object", ExpressionValues.of(attributes.object()));
    inputs.put("oldObject", ExpressionValues.of(old == null ? null : old.tree()));
    inputs.put("request", ExpressionValues.of(AdmissionReviews.request(attributes)));
    inputs.put("namespaceObject", ExpressionValues.of(namespace == null ? null : namespace.tree()));
    return inputs;
  }

  /** One policy with one binding, over one write. */
  private final class Evaluation {

    private final AdmissionAttributes attributes;
    private final KubeObject policy;
    private final KubeObject binding;
    private final boolean ignoresErrors;

    Evaluation(AdmissionAttributes attributes, KubeObject policy, KubeObject binding) {
      this.attributes = attributes;
      this.policy = policy;
      this.binding = binding;
      this.ignoresErrors = policy.text("spec", "failurePolicy").equals("Ignore");
    }

    void run(Map<String, Object> inputs) {
      if (!policy.at("spec", "paramKind").isObject()
          || !binding.at("spec", "paramRef").isObject()) {
        with(inputs, null);
        return;
      }
      List<KubeObject> params;
      try {
        params = params();
      } catch (StatusException e) {
        failed("failed to configure binding: " + e.getMessage());
        return;
      }
      if (params.isEmpty()) {
        if (!binding.text("spec", "paramRef", "parameterNotFoundAction").equals("Allow")) {
          failed(
              "failed to configure binding: no params found for policy binding with `Deny`"
                  + " parameterNotFoundAction");
        }
        return;
      }
      params.forEach(param -> with(inputs, param));
    }

    private List<KubeObject> params() {
      String[] version = policy.text("spec", "paramKind", "apiVersion").split("/", 2);
      GroupVersionKind kind =
          new GroupVersionKind(
              version.length == 2 ? version[0] : "",
              version[version.length - 1],
              policy.text("spec", "paramKind", "kind"));
      Discovery.Resource resource = Discovery.read(client.get().transport()).find(kind);
      if (resource == null) {
        throw StatusException.notFound("", "resource of kind", kind.kind());
      }
      JsonNode reference = binding.at("spec", "paramRef");
      String namespace =
          resource.namespaced() ? reference.path("namespace").asText(attributes.namespace()) : "";
      String name = reference.path("name").asText("");
      if (!name.isEmpty()) {
        KubeObject one = client.get().find(resource.resource(), namespace, name);
        return one == null ? List.of() : List.of(one);
      }
      LabelSelector selector = LabelSelector.of(reference.path("selector"));
      return client.get().list(resource.resource(), namespace, ListOptions.ALL).items().stream()
          .filter(param -> selector.matches(param.labels()))
          .toList();
    }

    private void with(Map<String, Object> inputs, @Nullable KubeObject param) {
      Map<String, Object> values = new HashMap<>(inputs);
      values.put("params", ExpressionValues.of(param == null ? null : param.tree()));
      Map<String, Object> variables = new HashMap<>();
      values.put("variables", variables);
      for (JsonNode condition : policy.at("spec", "matchConditions")) {
        String source = condition.path("expression").asText();
        try {
          if (!Boolean.TRUE.equals(evaluate(source, values))) {
            return;
          }
        } catch (ExpressionException e) {
          failed("expression '" + source + "' resulted in error: " + e.reason());
          return;
        }
      }
      for (JsonNode variable : policy.at("spec", "variables")) {
        try {
          variables.put(
              variable.path("name").asText(),
              evaluate(variable.path("expression").asText(), values));
        } catch (ExpressionException e) {
          // Whoever uses it fails with "no such key"; nobody may.
          variables.remove(variable.path("name").asText());
        }
      }
      for (JsonNode validation : policy.at("spec", "validations")) {
        validate(validation, values);
      }
    }

    private void validate(JsonNode validation, Map<String, Object> values) {
      String source = validation.path("expression").asText().strip();
      try {
        if (!Boolean.TRUE.equals(evaluate(source, values))) {
          act(message(validation, source, values), validation.path("reason").asText("Invalid"));
        }
      } catch (ExpressionException e) {
        failed("expression '" + source + "' resulted in error: " + e.reason());
      }
    }

    private static String message(JsonNode validation, String source, Map<String, Object> values) {
      String computed = validation.path("messageExpression").asText("");
      if (!computed.isEmpty()) {
        try {
          if (evaluate(computed, values) instanceof String text
              && !text.isBlank()
              && text.indexOf('\n') < 0) {
            return text.strip();
          }
        } catch (ExpressionException e) {
          return fixedMessage(validation, source);
        }
      }
      return fixedMessage(validation, source);
    }

    private static String fixedMessage(JsonNode validation, String source) {
      String message = validation.path("message").asText("").strip();
      return message.isEmpty() ? "failed expression: " + source : message;
    }

    private static Object evaluate(String source, Map<String, Object> values)
        throws ExpressionException {
      Expression expression = Expressions.compile(source, VARIABLES);
      return expression.evaluate(values);
    }

    private void failed(String why) {
      if (!ignoresErrors) {
        act(why, "Invalid");
      }
    }

    private void act(String message, String reason) {
      String named =
          "ValidatingAdmissionPolicy '" + policy.name() + "' with binding '" + binding.name() + "'";
      for (JsonNode action : binding.at("spec", "validationActions")) {
        switch (action.asText()) {
          case "Deny" -> throw denied(named + " denied request: " + message, reason);
          case "Warn" ->
              attributes.warnings().add("Validation failed for " + named + ": " + message);
          default -> {
            // Audit annotations are the audit log's.
          }
        }
      }
    }

    private StatusException denied(String message, String reason) {
      int code =
          switch (reason) {
            case "Forbidden" -> 403;
            case "Unauthorized" -> 401;
            case "RequestEntityTooLarge" -> 413;
            default -> 422;
          };
      GroupVersionResource resource = attributes.resource();
      ObjectNode object = attributes.object();
      String name =
          attributes.name().isEmpty() && object != null
              ? object.path("metadata").path("name").asText("")
              : attributes.name();
      String text =
          StatusException.forbidden(resource.group(), resource.resource(), name, message)
              .status()
              .message();
      return new StatusException(
          new Status(
              code,
              reason,
              text,
              new Status.Details(
                  name,
                  resource.group(),
                  resource.resource(),
                  "",
                  List.of(new StatusCause("", message, "")),
                  0)));
    }
  }
}
