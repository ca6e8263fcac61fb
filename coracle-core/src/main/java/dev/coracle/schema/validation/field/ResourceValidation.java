package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Names;
import dev.coracle.api.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Requests, limits and claims of containers and Pods. */
public final class ResourceValidation {

  private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");

  private ResourceValidation() {}

  public static void container(Field resources, JsonNode podClaims) {
    lists(resources, false);
    Set<String> known = new HashSet<>();
    podClaims.forEach(claim -> known.add(claim.path("name").asText("")));
    Set<String> seen = new HashSet<>();
    for (Field claim : resources.child("claims").items()) {
      Field name = claim.child("name");
      if (name.needed()) {
        if (!known.contains(name.text())) {
          name.errors().notFound(name.path(), name.text());
        }
        if (!seen.add(name.text() + "/" + claim.text("request"))) {
          claim.errors().duplicate(claim.path(), name.text());
        }
      }
    }
  }

  public static void podLevel(Field resources) {
    if (resources.present()) {
      lists(resources, true);
    }
  }

  private static void lists(Field resources, boolean pod) {
    Field limits = resources.child("limits");
    Field requests = resources.child("requests");
    boolean huge = false;
    boolean base = false;
    for (Field list : new Field[] {limits, requests}) {
      for (var entry : list.json().properties()) {
        String name = entry.getKey();
        Field amount = new Field(entry.getValue(), list.path().key(name), list.errors());
        name(amount, name, pod);
        quantity(amount, isWhole(name));
        huge |= name.startsWith("hugepages-");
        base |= name.equals("cpu") || name.equals("memory");
      }
    }
    for (var entry : requests.json().properties()) {
      String name = entry.getKey();
      Field request = new Field(entry.getValue(), requests.path(), requests.errors());
      compare(request, limits, name);
    }
    if (huge && !base) {
      resources.forbidden("HugePages require cpu or memory");
    }
  }

  private static void compare(Field request, Field limits, String name) {
    boolean overcommits = !name.contains("/") && !name.startsWith("hugepages-");
    Field limit = limits.child(name);
    Quantity amount = request.quantity();
    Quantity most = limit.quantity();
    if (amount == null) {
      return;
    }
    if (most == null) {
      if (!overcommits) {
        limits.required("Limit must be set for non overcommitable resources");
      }
      return;
    }
    if (!overcommits && amount.compareTo(most) != 0) {
      invalid(request, amount, "must be equal to " + name + " limit of " + most);
    } else if (overcommits && amount.compareTo(most) > 0) {
      invalid(request, amount, "must be less than or equal to " + name + " limit of " + most);
    }
  }

  private static void invalid(Field field, Quantity value, String detail) {
    field.errors().invalid(field.path(), value.toString(), detail);
  }

  private static void name(Field amount, String name, boolean pod) {
    amount.errors().invalid(amount.path(), name, Names.qualifiedName(name));
    if (pod) {
      if (!name.equals("cpu") && !name.equals("memory") && !name.startsWith("hugepages-")) {
        amount.errors().notSupported(amount.path(), name, List.of("cpu", "hugepages-", "memory"));
      }
      return;
    }
    if (name.indexOf('/') < 0) {
      if (!STANDARD.contains(name) && !name.startsWith("hugepages-")) {
        if (!name.equals("storage") && !name.equals("pods")) {
          amount
              .errors()
              .invalid(amount.path(), name, "must be a standard resource type or fully qualified");
        }
        amount.errors().invalid(amount.path(), name, "must be a standard resource for containers");
      }
    } else if (name.startsWith("requests.")) {
      amount
          .errors()
          .invalid(amount.path(), name, "doesn't follow extended resource name standard");
    }
  }

  private static boolean isWhole(String name) {
    return name.indexOf('/') >= 0 && !name.contains("kubernetes.io/");
  }

  public static void quantity(Field amount, boolean whole) {
    Quantity quantity = amount.quantity();
    if (quantity == null) {
      return;
    }
    if (quantity.signum() < 0) {
      invalid(amount, quantity, "must be greater than or equal to 0");
    }
    if (whole && quantity.milliValue() % 1000 != 0) {
      invalid(amount, quantity, "must be an integer");
    }
  }
}
