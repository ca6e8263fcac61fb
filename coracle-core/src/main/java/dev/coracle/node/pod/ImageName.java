package dev.coracle.node.pod;

import java.util.regex.Pattern;

/** The grammar of image names: {@code [host[:port]/]path[:tag][@digest]} (distribution spec). */
final class ImageName {

  private static final int LONGEST = 512;
  private static final String WORD = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
  private static final String HOST =
      "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
  private static final Pattern NAME =
      Pattern.compile(
          "(?:"
              + HOST
              + "/)?"
              + WORD
              + "(?:/"
              + WORD
              + ")*(?::\\w[\\w.-]{0,127})?"
              + "(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?");

  private ImageName() {}

  static boolean isValid(String name) {
    return name.length() <= LONGEST && NAME.matcher(name).matches();
  }
}
