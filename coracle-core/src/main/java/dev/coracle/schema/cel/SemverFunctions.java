package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Kubernetes' semver library: Semantic Versioning 2.0.0. */
final class SemverFunctions {

  private static final Pattern VERSION =
      Pattern.compile(
          "(0|[1-9]\\d{0,17})\\.(0|[1-9]\\d{0,17})\\.(0|[1-9]\\d{0,17})"
              + "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?");

  private SemverFunctions() {}

  private record Version(long major, long minor, long patch, String before)
      implements Comparable<Version> {

    @Override
    public int compareTo(Version other) {
      int order = Long.compare(major, other.major);
      order = order != 0 ? order : Long.compare(minor, other.minor);
      order = order != 0 ? order : Long.compare(patch, other.patch);
      return order != 0 ? order : compareBefore(before, other.before);
    }

    private static int compareBefore(String left, String right) {
      if (left.isEmpty() || right.isEmpty()) {
        return Boolean.compare(left.isEmpty(), right.isEmpty());
      }
      String[] lefts = left.split("\\.", -1);
      String[] rights = right.split("\\.", -1);
      for (int i = 0; i < Math.min(lefts.length, rights.length); i++) {
        int order = compareIdentifiers(lefts[i], rights[i]);
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(lefts.length, rights.length);
    }

    private static int compareIdentifiers(String left, String right) {
      boolean leftNumber = left.chars().allMatch(Character::isDigit);
      boolean rightNumber = right.chars().allMatch(Character::isDigit);
      if (leftNumber != rightNumber) {
        return leftNumber ? -1 : 1;
      }
      if (leftNumber && left.length() != right.length()) {
        return Integer.compare(left.length(), right.length());
      }
      return left.compareTo(right);
    }
  }

  static void add(Functions functions) {
    CelType type = functions.type("kubernetes.Semver", Version.class);
    functions.global("semver", type, call -> parsed((String) call[0], false), STRING);
    functions.global(
        "semver", type, call -> parsed((String) call[0], (Boolean) call[1]), STRING, BOOL);
    functions.global("isSemver", BOOL, call -> parse((String) call[0], false) != null, STRING);
    functions.global(
        "isSemver", BOOL, call -> parse((String) call[0], (Boolean) call[1]) != null, STRING, BOOL);
    functions.member("major", INT, call -> ((Version) call[0]).major(), type);
    functions.member("minor", INT, call -> ((Version) call[0]).minor(), type);
    functions.member("patch", INT, call -> ((Version) call[0]).patch(), type);
    functions.member(
        "isGreaterThan",
        BOOL,
        call -> ((Version) call[0]).compareTo((Version) call[1]) > 0,
        type,
        type);
    functions.member(
        "isLessThan",
        BOOL,
        call -> ((Version) call[0]).compareTo((Version) call[1]) < 0,
        type,
        type);
    functions.member(
        "compareTo",
        INT,
        call -> (long) Integer.signum(((Version) call[0]).compareTo((Version) call[1])),
        type,
        type);
  }

  /**
   * @param normalize whether a leading {@code v}, leading zeros and missing parts are forgiven
   */
  private static @Nullable Version parse(String text, boolean normalize) {
    Matcher matcher = VERSION.matcher(normalize ? normalized(text) : text);
    if (!matcher.matches()) {
      return null;
    }
    String before = matcher.group(4);
    return new Version(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)),
        before == null ? "" : before);
  }

  private static String normalized(String text) {
    String version = text.startsWith("v") ? text.substring(1) : text;
    int end = 0;
    while (end < version.length() && version.charAt(end) != '-' && version.charAt(end) != '+') {
      end++;
    }
    StringBuilder parts = new StringBuilder();
    String[] numbers = version.substring(0, end).split("\\.", -1);
    for (int i = 0; i < Math.max(3, numbers.length); i++) {
      String number = i < numbers.length ? numbers[i].replaceFirst("^0+(?=\\d)", "") : "0";
      parts.append(i == 0 ? "" : ".").append(number);
    }
    return parts + version.substring(end);
  }

  private static Version parsed(String text, boolean normalize) throws CelEvaluationException {
    Version version = parse(text, normalize);
    if (version == null) {
      throw Functions.failure("No Major.Minor.Patch elements found");
    }
    return version;
  }
}
