package dev.coracle.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which FlowSchema a request belongs to: all of them, read once and in their order. Immutable. */
public final class FlowTable {

  static final FlowTable EMPTY = new FlowTable(List.of(), Map.of());

  /**
   * What a request belongs to.
   *
   * @param schema UID of the FlowSchema
   * @param level UID of its PriorityLevelConfiguration
   */
  public record Flow(String schema, String level) {}

  private record Schema(Flow flow, List<Rule> rules) {}

  private record Rule(List<Subject> subjects, List<Resource> resources, List<Path> paths) {}

  /** A user, or all of a group, by name; an empty name means everybody of that sort. */
  private sealed interface Subject {
    boolean matches(UserInfo user);

    record User(String name) implements Subject {
      @Override
      public boolean matches(UserInfo user) {
        return name.equals("*") || name.equals(user.name());
      }
    }

    record Group(String name) implements Subject {
      @Override
      public boolean matches(UserInfo user) {
        return name.equals("*") || user.groups().contains(name);
      }
    }

    /** Of one namespace, all of them when the prefix ends with a colon. */
    record Account(String prefix) implements Subject {
      @Override
      public boolean matches(UserInfo user) {
        return prefix.endsWith(":") ? user.name().startsWith(prefix) : user.name().equals(prefix);
      }
    }
  }

  /** Names of which {@code *} is every name. */
  private record Names(boolean every, Set<String> some) {
    static Names of(JsonNode list) {
      List<String> names = new ArrayList<>();
      list.forEach(name -> names.add(name.asText()));
      return new Names(names.contains("*"), Set.copyOf(names));
    }

    boolean has(String name) {
      return every || some.contains(name);
    }
  }

  private record Resource(
      Names verbs, Names groups, Names resources, Names namespaces, boolean clusterScope) {

    boolean matches(RequestInfo info) {
      return verbs.has(info.verb())
          && groups.has(info.apiGroup())
          && (resources.every
              || resources.some.contains(
                  info.subresource().isEmpty()
                      ? info.resource()
                      : info.resource() + "/" + info.subresource()))
          && (info.namespace().isEmpty() ? clusterScope : namespaces.has(info.namespace()));
    }
  }

  private record Path(Names verbs, Names paths) {

    boolean matches(RequestInfo info) {
      if (!verbs.has(info.verb())) {
        return false;
      }
      if (paths.has(info.path())) {
        return true;
      }
      for (String path : paths.some) {
        if (path.endsWith("/*") && info.path().startsWith(path.substring(0, path.length() - 1))) {
          return true;
        }
      }
      return false;
    }
  }

  private final List<Schema> schemas;
  private final Map<String, Integer> shares;

  private FlowTable(List<Schema> schemas, Map<String, Integer> shares) {
    this.schemas = schemas;
    this.shares = shares;
  }

  /** Of all objects of the two kinds; a schema whose level does not exist classifies nothing. */
  static FlowTable of(Collection<KubeObject> schemas, Collection<KubeObject> levels) {
    Map<String, String> uids = new HashMap<>();
    Map<String, Integer> shares = new TreeMap<>();
    for (KubeObject level : levels) {
      uids.put(level.name(), level.uid());
      JsonNode spec = level.at("spec");
      String kind = spec.path("type").asText().equals("Exempt") ? "exempt" : "limited";
      shares.put(level.name(), spec.path(kind).path("nominalConcurrencyShares").asInt(0));
    }
    List<KubeObject> ordered = new ArrayList<>(schemas);
    ordered.sort(
        Comparator.comparingInt(
                (KubeObject schema) -> schema.at("spec", "matchingPrecedence").asInt())
            .thenComparing(KubeObject::name));
    List<Schema> compiled = new ArrayList<>();
    for (KubeObject schema : ordered) {
      String uid = uids.get(schema.text("spec", "priorityLevelConfiguration", "name"));
      if (uid != null) {
        List<Rule> rules = new ArrayList<>();
        schema.at("spec", "rules").forEach(rule -> rules.add(rule(rule)));
        compiled.add(new Schema(new Flow(schema.uid(), uid), List.copyOf(rules)));
      }
    }
    return new FlowTable(List.copyOf(compiled), Map.copyOf(shares));
  }

  private static Rule rule(JsonNode rule) {
    List<Subject> subjects = new ArrayList<>();
    for (JsonNode subject : rule.path("subjects")) {
      switch (subject.path("kind").asText()) {
        case "User" -> subjects.add(new Subject.User(subject.path("user").path("name").asText()));
        case "Group" ->
            subjects.add(new Subject.Group(subject.path("group").path("name").asText()));
        default -> {
          JsonNode account = subject.path("serviceAccount");
          String name = account.path("name").asText();
          subjects.add(
              new Subject.Account(
                  "system:serviceaccount:"
                      + account.path("namespace").asText()
                      + ":"
                      + (name.equals("*") ? "" : name)));
        }
      }
    }
    List<Resource> resources = new ArrayList<>();
    for (JsonNode each : rule.path("resourceRules")) {
      resources.add(
          new Resource(
              Names.of(each.path("verbs")),
              Names.of(each.path("apiGroups")),
              Names.of(each.path("resources")),
              Names.of(each.path("namespaces")),
              each.path("clusterScope").asBoolean()));
    }
    List<Path> paths = new ArrayList<>();
    for (JsonNode each : rule.path("nonResourceRules")) {
      paths.add(new Path(Names.of(each.path("verbs")), Names.of(each.path("nonResourceURLs"))));
    }
    return new Rule(List.copyOf(subjects), List.copyOf(resources), List.copyOf(paths));
  }

  /** The first that matches; null when there is none, as before the first objects exist. */
  public @Nullable Flow classify(UserInfo user, RequestInfo info) {
    for (int i = 0; i < schemas.size(); i++) {
      Schema schema = schemas.get(i);
      for (int j = 0; j < schema.rules.size(); j++) {
        if (matches(schema.rules.get(j), user, info)) {
          return schema.flow;
        }
      }
    }
    return null;
  }

  private static boolean matches(Rule rule, UserInfo user, RequestInfo info) {
    boolean addressed = false;
    for (int i = 0; i < rule.subjects.size() && !addressed; i++) {
      addressed = rule.subjects.get(i).matches(user);
    }
    if (!addressed) {
      return false;
    }
    if (info.isResourceRequest()) {
      for (int i = 0; i < rule.resources.size(); i++) {
        if (rule.resources.get(i).matches(info)) {
          return true;
        }
      }
      return false;
    }
    for (int i = 0; i < rule.paths.size(); i++) {
      if (rule.paths.get(i).matches(info)) {
        return true;
      }
    }
    return false;
  }

  /** The concurrency shares of each level, by name. */
  Map<String, Integer> shares() {
    return shares;
  }
}
