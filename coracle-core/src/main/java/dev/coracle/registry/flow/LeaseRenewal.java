package dev.coracle.registry.flow;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Write;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The write of which a cluster at rest has most: a merge patch by which the holder of a Lease moves
 * {@code spec.renewTime} on, and that says of the other fields what they are. Done in the bytes:
 * that time, and the time of its manager in {@code managedFields}, take the place of the old ones.
 *
 * <p>Everything that is not just so (another manager owns the time, or a later entry; text that is
 * escaped; times in another form) goes the long way of all patches. A quotation mark of the bytes
 * never is part of a text, where it is escaped; so what is looked for with its marks is a field.
 */
public final class LeaseRenewal {

  private static final String OPENING = "{\"spec\":{";
  private static final String CLOSING = "}}";
  private static final String TIME = "\"renewTime\":\"";
  private static final String FORM = "0000-00-00T00:00:00.000000Z";
  private static final String ENTRY = "{\"manager\":\"";
  private static final String FIELDS = "\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{";
  private static final String OWNED = "\"f:renewTime\":{}";
  private static final int SECONDS = "0000-00-00T00:00:00Z".length();

  /** The other fields, each with its value. */
  private final List<String> kept;

  private final String time;

  private LeaseRenewal(List<String> kept, String time) {
    this.kept = kept;
    this.time = time;
  }

  /** Null when the patch is none, or not so simple. */
  public static @Nullable LeaseRenewal of(
      ResourceType type, String subresource, PatchType patchType, byte[] body) {
    if (patchType != PatchType.MERGE
        || !subresource.isEmpty()
        || !type.plural().equals("leases")
        || !type.group().equals("coordination.k8s.io")) {
      return null;
    }
    String patch = new String(body, ISO_8859_1);
    if (!patch.startsWith(OPENING) || !patch.endsWith(CLOSING)) {
      return null;
    }
    List<String> kept = new ArrayList<>(2);
    String time = null;
    Set<String> names = new HashSet<>();
    int end = patch.length() - CLOSING.length();
    for (int at = OPENING.length(); ; at++) {
      int colon = behind(patch, at);
      int next = colon < 0 || patch.charAt(colon) != ':' ? -1 : behind(patch, colon + 1);
      if (next < 0 || next > end || !names.add(patch.substring(at, colon))) {
        return null;
      }
      if (patch.startsWith(TIME, at)) {
        time = patch.substring(at + TIME.length(), next - 1);
      } else {
        kept.add(patch.substring(at, next));
      }
      at = next;
      if (at == end) {
        return time != null && isTime(time) ? new LeaseRenewal(kept, time) : null;
      }
      if (patch.charAt(at) != ',') {
        return null;
      }
    }
  }

  /** Behind the text without escapes, or the digits, that begin there; -1 for anything else. */
  private static int behind(String json, int from) {
    int at = from;
    if (json.charAt(at) != '"') {
      while (isDigit(json.charAt(at))) {
        at++;
      }
      return at == from ? -1 : at;
    }
    for (at++; json.charAt(at) != '"'; at++) {
      char letter = json.charAt(at);
      if (letter == '\\' || letter < ' ' || letter > '~' || at + 1 == json.length()) {
        return -1;
      }
    }
    return at + 1;
  }

  private static boolean isDigit(char letter) {
    return letter >= '0' && letter <= '9';
  }

  /** As {@link Timestamps#micros} writes it, and on a day that there is. */
  private static boolean isTime(String text) {
    if (text.length() != FORM.length()) {
      return false;
    }
    for (int i = 0; i < FORM.length(); i++) {
      char form = FORM.charAt(i);
      if (form == '0' ? !isDigit(text.charAt(i)) : text.charAt(i) != form) {
        return false;
      }
    }
    int month = two(text, 5);
    int day = two(text, 8);
    return month >= 1
        && month <= 12
        && day >= 1
        && day <= YearMonth.of(two(text, 0) * 100 + two(text, 2), month).lengthOfMonth()
        && two(text, 11) < 24
        && two(text, 14) < 60
        && two(text, 17) < 60;
  }

  private static int two(String text, int at) {
    return (text.charAt(at) - '0') * 10 + text.charAt(at + 1) - '0';
  }

  /**
   * The object, renewed; null when that has to go the long way.
   *
   * @param current in the stored version
   */
  public byte @Nullable [] of(Write write, KubeObject current) {
    int spec = current.metadataEnd();
    if (spec == 0 || current.isDeleting()) {
      return null;
    }
    String stored = new String(current.json(), ISO_8859_1);
    int renewed = stored.indexOf(TIME, spec) + TIME.length();
    int entry = managerTime(stored, spec, write);
    String now = Timestamps.seconds(write.now());
    if (entry < 0
        || !stored.startsWith(",\"spec\":{", spec)
        || renewed < spec
        || stored.indexOf('"', renewed) != renewed + time.length()
        || stored.startsWith(time, renewed)
        || stored.substring(entry, entry + SECONDS).compareTo(now) > 0) {
      return null;
    }
    for (String field : kept) {
      if (!holds(stored, field, spec)) {
        return null;
      }
    }
    byte[] json = current.json().clone();
    put(json, renewed, time);
    put(json, entry, now);
    return json;
  }

  /** Where the time of the last entry is, if it is the manager's and alone owns renewTime. */
  private static int managerTime(String stored, int spec, Write write) {
    String head =
        ENTRY
            + write.manager()
            + "\",\"operation\":\"Update\",\"apiVersion\":\""
            + write.type().gvk().apiVersion()
            + "\",\"time\":\"";
    int at = stored.lastIndexOf(ENTRY, spec);
    int time = at + head.length();
    if (at < 0
        || !stored.startsWith(head, at)
        || !stored.startsWith(FIELDS, time + SECONDS)
        || !stored.startsWith("]}", spec - 2)) {
      return -1;
    }
    int fields = stored.indexOf("\"f:spec\":{", time);
    int owned = stored.indexOf(OWNED);
    boolean last =
        !within(stored, "\"operation\":\"", time, spec)
            && !within(stored, "\"subresource\":\"", time, spec);
    return last
            && fields > 0
            && owned > fields
            && owned < spec
            && stored.indexOf(OWNED, owned + 1) < 0
        ? time
        : -1;
  }

  private static boolean within(String text, String part, int from, int to) {
    int at = text.indexOf(part, from);
    return at >= 0 && at < to;
  }

  /** Whether that field has that value. */
  private static boolean holds(String stored, String field, int spec) {
    int at = stored.indexOf(field, spec);
    int end = at + field.length();
    return at >= 0 && (stored.charAt(end) == ',' || stored.charAt(end) == '}');
  }

  private static void put(byte[] json, int at, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, json, at, bytes.length);
  }
}
