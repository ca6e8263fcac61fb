package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.ClientConfigValidation;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CustomResourceDefinitions: names, conversion and approval; their versions are checked by {@link
 * CrdVersionValidation}. Paths and values are those of Kubernetes' internal form of the kind, in
 * which some fields have other names.
 */
public final class CrdValidation {

  private static final List<String> REVIEW_VERSIONS = List.of("v1", "v1beta1");
  private static final String APPROVED = "api-approved.kubernetes.io";
  private static final String SEE = ", see https://github.com/kubernetes/enhancements/pull/1111";

  private CrdValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    if (!kind.equals("CustomResourceDefinition")) {
      return;
    }
    Field spec = Field.of(object, "spec", errors);
    Field group = spec.child("group");
    if (group.needed()) {
      List<String> wrong = Names.dns1123Subdomain(group.text());
      if (!wrong.isEmpty()) {
        group.invalid(String.join(",", wrong));
      } else if (group.text().indexOf('.') < 0) {
        group.invalid("should be a domain with at least one dot");
      }
    }
    Field names = spec.child("names");
    Field name = Field.of(object, "metadata", errors).child("name");
    String expected = names.text("plural") + "." + group.text();
    if (old == null && !name.text().equals(expected)) {
      name.invalid("must be spec.names.plural+\".\"+spec.group");
    }
    spec.child("scope").neededOneOf("Cluster", "Namespaced");
    for (String needed : new String[] {"plural", "singular", "kind", "listKind"}) {
      names.child(needed).needed();
    }
    names(names);
    names(Field.of(object, "status", errors).child("acceptedNames"));
    CrdVersionValidation.validate(spec, old == null ? Field.nothing() : old.path("spec"));
    conversion(spec, old);
    storedVersions(spec, Field.of(object, "status", errors).child("storedVersions"));
    approval(object, old, group.text(), errors);
    boolean preserved = old != null && old.path("spec").path("preserveUnknownFields").asBoolean();
    if (spec.flag("preserveUnknownFields") && !preserved) {
      errors.invalid(
          spec.path().child("preserveUnknownFields"),
          BooleanNode.TRUE,
          "cannot set to true, set x-preserve-unknown-fields to true in spec.versions[*].schema"
              + " instead");
    }
    if (old != null) {
      update(spec, names, old);
    }
  }

  private static void names(Field names) {
    for (String field : new String[] {"plural", "singular"}) {
      label(names.child(field), names.text(field), "");
    }
    for (String field : new String[] {"kind", "listKind"}) {
      label(
          names.child(field),
          names.text(field).toLowerCase(Locale.ROOT),
          "may have mixed case, but should otherwise match: ");
    }
    Field list = names.child("listKind");
    if (!list.blank() && list.text().equals(names.text("kind"))) {
      list.invalid("kind and listKind may not be the same");
    }
    for (String field : new String[] {"shortNames", "categories"}) {
      for (Field name : names.child(field).items()) {
        List<String> wrong = Names.dns1035Label(name.text());
        if (!wrong.isEmpty()) {
          name.invalid(String.join(",", wrong));
        }
      }
    }
  }

  private static void label(Field name, String checked, String prefix) {
    List<String> wrong = name.blank() ? List.of() : Names.dns1035Label(checked);
    if (!wrong.isEmpty()) {
      name.invalid(prefix + String.join(",", wrong));
    }
  }

  private static void conversion(Field spec, @Nullable ObjectNode old) {
    Field conversion = spec.child("conversion");
    if (!conversion.present()) {
      return;
    }
    conversion.child("strategy").neededOneOf("None", "Webhook");
    Field webhook = conversion.child("webhook");
    Field client =
        new Field(
            webhook.json().path("clientConfig"),
            conversion.path().child("webhookClientConfig"),
            spec.errors());
    Field versions =
        new Field(
            webhook.json().path("conversionReviewVersions"),
            conversion.path().child("conversionReviewVersions"),
            spec.errors());
    if (!conversion.text("strategy").equals("Webhook")) {
      String detail = "should not be set when strategy is not set to Webhook";
      if (client.present()) {
        client.forbidden(detail);
      }
      if (!versions.blank()) {
        versions.forbidden(detail);
      }
      return;
    }
    if (spec.flag("preserveUnknownFields")) {
      conversion.child("strategy").invalid("must be None if spec.preserveUnknownFields is true");
    }
    if (!client.present()) {
      client.required("required when strategy is set to Webhook");
    } else {
      ClientConfigValidation.validate(client);
    }
    JsonNode before =
        old == null
            ? Field.nothing()
            : old.path("spec").path("conversion").path("webhook").path("conversionReviewVersions");
    reviewVersions(versions, before.isEmpty() || hasKnown(before));
  }

  private static boolean hasKnown(JsonNode versions) {
    for (JsonNode version : versions) {
      if (REVIEW_VERSIONS.contains(version.asText(""))) {
        return true;
      }
    }
    return false;
  }

  private static void reviewVersions(Field versions, boolean knownNeeded) {
    if (!versions.needed()) {
      return;
    }
    Set<String> seen = new HashSet<>();
    for (Field version : versions.items()) {
      if (seen.add(version.text())) {
        version.invalid(Names.dns1035Label(version.text()));
      } else {
        version.invalid("duplicate version");
      }
    }
    if (knownNeeded && !hasKnown(versions.json())) {
      versions.invalid("must include at least one of " + String.join(", ", REVIEW_VERSIONS));
    }
  }

  private static void storedVersions(Field spec, Field stored) {
    if (stored.json().isEmpty()) {
      spec.errors()
          .invalid(
              stored.path(), Json.object().nullNode(), "must have at least one stored version");
      return;
    }
    Set<String> now = new HashSet<>();
    spec.child("versions").items().forEach(version -> now.add(version.text("name")));
    for (Field version : stored.items()) {
      String name = version.text();
      if (!now.contains(name)) {
        version.invalid(
            "missing from spec.versions; "
                + name
                + " was previously a storage"
                + " version, and must remain in spec.versions until a storage migration ensures"
                + " no data remains persisted in "
                + name
                + " and removes "
                + name
                + " from status.storedVersions");
      }
    }
  }

  /** Groups of the Kubernetes community need an annotation that says who allowed the API. */
  private static void approval(
      ObjectNode object, @Nullable ObjectNode old, String group, FieldErrors errors) {
    if (!isProtected(group)) {
      return;
    }
    String annotation = annotation(object);
    Approval state = Approval.of(annotation);
    if (old != null && Approval.of(annotation(old)) == state) {
      return;
    }
    FieldPath path = FieldPath.of("metadata", "annotations").key(APPROVED);
    switch (state) {
      case MISSING ->
          errors.required(
              path, "protected groups must have approval annotation " + quoted(APPROVED) + SEE);
      case INVALID ->
          errors.invalid(
              path,
              annotation,
              "protected groups must have approval annotation "
                  + quoted(APPROVED)
                  + " with either a URL or a reason starting with \"unapproved\""
                  + SEE);
      case APPROVED, BYPASSED -> {}
    }
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  /** What the annotation of a protected group says. */
  private enum Approval {
    MISSING,
    INVALID,
    APPROVED,
    BYPASSED;

    static Approval of(String annotation) {
      if (annotation.isEmpty()) {
        return MISSING;
      }
      if (annotation.startsWith("unapproved")) {
        return BYPASSED;
      }
      try {
        return URI.create(annotation).isAbsolute() || annotation.startsWith("/")
            ? APPROVED
            : INVALID;
      } catch (IllegalArgumentException e) {
        return INVALID;
      }
    }
  }

  private static String annotation(ObjectNode object) {
    return object.path("metadata").path("annotations").path(APPROVED).asText("");
  }

  private static boolean isProtected(String group) {
    return group.equals("k8s.io")
        || group.endsWith(".k8s.io")
        || group.equals("kubernetes.io")
        || group.endsWith(".kubernetes.io");
  }

  private static void update(Field spec, Field names, ObjectNode old) {
    JsonNode before = old.path("spec");
    spec.child("group").immutable(before.path("group"));
    names.child("plural").immutable(before.path("names").path("plural"));
    boolean established = false;
    for (JsonNode condition : old.path("status").path("conditions")) {
      established |=
          condition.path("type").asText("").equals("Established")
              && condition.path("status").asText("").equals("True");
    }
    if (established) {
      spec.child("scope").immutable(before.path("scope"));
      names.child("kind").immutable(before.path("names").path("kind"));
    }
  }
}
