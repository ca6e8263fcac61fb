package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Roles and bindings. */
final class RbacCells {

  private RbacCells() {}

  static void add(String kind, Row row) {
    row.name();
    if (!kind.endsWith("Binding")) {
      row.created();
      return;
    }
    row.add(row.text("roleRef", "kind") + "/" + row.text("roleRef", "name")).age();
    List<String> users = new ArrayList<>();
    List<String> groups = new ArrayList<>();
    List<String> accounts = new ArrayList<>();
    for (JsonNode subject : row.at("subjects")) {
      String name = subject.path("name").asText("");
      switch (subject.path("kind").asText("")) {
        case "User" -> users.add(name);
        case "Group" -> groups.add(name);
        case "ServiceAccount" -> accounts.add(subject.path("namespace").asText("") + "/" + name);
        default -> {}
      }
    }
    row.add(String.join(", ", users))
        .add(String.join(", ", groups))
        .add(String.join(", ", accounts));
  }
}
