package dev.coracle.registry.flow;

import dev.coracle.api.FieldSelector;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.Selection;
import java.util.ArrayList;
import java.util.List;

/** Reading and checking the options of requests. */
public final class Options {

  private static final String MATCH = "resourceVersionMatch";
  private static final String MATCH_AND_CONTINUE =
      "resourceVersionMatch is forbidden when continue is provided";

  private Options() {}

  /** Refuses combinations of ListOptions that have no meaning (422). */
  static void check(ListOptions options, boolean watch) {
    List<StatusCause> causes = new ArrayList<>(0);
    if (watch) {
      checkWatch(options, causes);
    } else {
      checkList(options, causes);
    }
    if (!causes.isEmpty()) {
      throw StatusException.invalid("meta.k8s.io", "ListOptions", "", causes);
    }
  }

  private static void checkWatch(ListOptions options, List<StatusCause> causes) {
    String match = options.resourceVersionMatch();
    boolean initial = options.sendInitialEvents() != null;
    if (initial && !match.equals("NotOlderThan")) {
      causes.add(
          forbidden(
              MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if (match.isEmpty()) {
      return;
    }
    if (!initial) {
      causes.add(
          forbidden(
              MATCH,
              "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
    }
    if (!match.equals("NotOlderThan")) {
      causes.add(unsupportedMatch(match, "\"NotOlderThan\""));
    }
    if (!options.continueToken().isEmpty()) {
      causes.add(forbidden(MATCH, MATCH_AND_CONTINUE));
    }
  }

  private static void checkList(ListOptions options, List<StatusCause> causes) {
    String match = options.resourceVersionMatch();
    if (!match.isEmpty()) {
      if (options.resourceVersion().isEmpty()) {
        causes.add(
            forbidden(
                MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
      }
      if (!options.continueToken().isEmpty()) {
        causes.add(forbidden(MATCH, MATCH_AND_CONTINUE));
      }
      if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
        causes.add(unsupportedMatch(match, "\"Exact\", \"NotOlderThan\", \"\""));
      }
      if (match.equals("Exact") && options.resourceVersion().equals("0")) {
        causes.add(
            forbidden(
                MATCH, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
      }
    }
    if (options.sendInitialEvents() != null) {
      causes.add(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
  }

  private static StatusCause unsupportedMatch(String match, String supported) {
    return new StatusCause(
        "FieldValueNotSupported",
        "Unsupported value: \"" + match + "\": supported values: " + supported,
        MATCH);
  }

  private static StatusCause forbidden(String field, String why) {
    return new StatusCause("FieldValueForbidden", "Forbidden: " + why, field);
  }

  /** The revision in a query; 0 when there is none. */
  static long revision(String resourceVersion, boolean watch) {
    if (resourceVersion.isEmpty()) {
      return 0;
    }
    long revision = unsigned(resourceVersion);
    if (revision >= 0) {
      return revision;
    }
    String message =
        "resourceVersion: Invalid value: \""
            + resourceVersion
            + "\": strconv.ParseUint: parsing \""
            + resourceVersion
            + "\": invalid syntax";
    if (watch) {
      throw unexplained(message);
    }
    throw StatusException.badRequest("invalid resource version: " + message);
  }

  /** The revision in an object's metadata; 0 when there is none. */
  static long objectRevision(String resourceVersion) {
    if (resourceVersion.isEmpty()) {
      return 0;
    }
    long revision = unsigned(resourceVersion);
    if (revision < 0) {
      throw unexplained("strconv.ParseUint: parsing \"" + resourceVersion + "\": invalid syntax");
    }
    return revision;
  }

  /** A 500 with only a message, as kube-apiserver makes of an error without a status. */
  public static StatusException unexplained(String message) {
    return new StatusException(new Status(500, "", message, null));
  }

  private static long unsigned(String text) {
    if (text.length() > 18) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(text);
  }

  /** The objects that the selectors of a list or watch name. */
  static Selection selection(ResourceType type, ListOptions options) {
    LabelSelector labels = LabelSelector.parse(options.labelSelector());
    FieldSelector fields = FieldSelector.parse(options.fieldSelector());
    fields.checkFields(type.selectableFields());
    if (labels.isEverything() && fields.isEverything()) {
      return Selection.ALL;
    }
    if (fields.isEverything()) {
      return (object, values) -> labels.matches(object.labels());
    }
    return (object, values) -> labels.matches(object.labels()) && fields.matches(values::get);
  }
}
