package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeSet;

/** Completion indexes, as Pods carry them and as a status lists them: {@code 1,3-5,7}. */
final class Indexes {

  static final String ANNOTATION = "batch.kubernetes.io/job-completion-index";

  private Indexes() {}

  /** -1 when a Pod has none. */
  static int of(KubeObject pod) {
    JsonNode value = pod.at("metadata", "annotations").path(ANNOTATION);
    return value.isMissingNode() ? -1 : value.asInt(-1);
  }

  /** What does not parse or is not below the limit is left out. */
  static SortedSet<Integer> parse(String text, int limit) {
    SortedSet<Integer> indexes = new TreeSet<>();
    for (String part : text.split(",", -1)) {
      int dash = part.indexOf('-');
      try {
        int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
        for (int i = first; i <= Math.min(last, limit - 1); i++) {
          indexes.add(i);
        }
      } catch (NumberFormatException e) {
        continue;
      }
    }
    return indexes;
  }

  static String format(SortedSet<Integer> indexes) {
    StringBuilder text = new StringBuilder();
    Iterator<Integer> all = indexes.iterator();
    int first = all.hasNext() ? all.next() : -1;
    int last = first;
    while (first >= 0) {
      int next = all.hasNext() ? all.next() : -1;
      if (next == last + 1 && next > 0) {
        last = next;
        continue;
      }
      text.append(text.isEmpty() ? "" : ",").append(first);
      if (last > first) {
        text.append(last == first + 1 ? "," : "-").append(last);
      }
      first = next;
      last = next;
    }
    return text.toString();
  }
}
