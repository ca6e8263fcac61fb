package dev.coracle.api;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order of API versions: stable before beta before alpha, newer before older. */
public final class KubeVersions {

  private static final Pattern VERSION =
      Pattern.compile("v([0-9]{1,9})(?:(alpha|beta)([0-9]{1,9}))?");

  public static final Comparator<String> PREFERRED_FIRST =
      Comparator.comparingLong(KubeVersions::rank)
          .reversed()
          .thenComparing(Comparator.naturalOrder());

  private KubeVersions() {}

  private static long rank(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      return -1;
    }
    String stage = matcher.group(2);
    long level = stage == null ? 2 : stage.equals("beta") ? 1 : 0;
    long minor = stage == null ? 0 : Long.parseLong(matcher.group(3));
    return (level * 1_000_000_000L + Long.parseLong(matcher.group(1))) * 1_000_000_000L + minor;
  }
}
