package dev.coracle.apiserver.connect;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Copies HTML and changes the addresses in it, as the proxy of a kube-apiserver does, so that pages
 * find their links behind the proxy's path. Everything but those attributes' values stays byte for
 * byte; what is in scripts, styles and comments is not looked at.
 */
final class HtmlLinks {

  /** The attributes of each element that are addresses. */
  private static final Map<String, Set<String>> ADDRESSES =
      Map.ofEntries(
          Map.entry("a", Set.of("href")),
          Map.entry("applet", Set.of("codebase")),
          Map.entry("area", Set.of("href")),
          Map.entry("audio", Set.of("src")),
          Map.entry("base", Set.of("href")),
          Map.entry("blockquote", Set.of("cite")),
          Map.entry("body", Set.of("background")),
          Map.entry("button", Set.of("formaction")),
          Map.entry("command", Set.of("icon")),
          Map.entry("del", Set.of("cite")),
          Map.entry("embed", Set.of("src")),
          Map.entry("form", Set.of("action")),
          Map.entry("frame", Set.of("longdesc", "src")),
          Map.entry("head", Set.of("profile")),
          Map.entry("html", Set.of("manifest")),
          Map.entry("iframe", Set.of("longdesc", "src")),
          Map.entry("img", Set.of("longdesc", "src", "usemap")),
          Map.entry("input", Set.of("src", "usemap", "formaction")),
          Map.entry("ins", Set.of("cite")),
          Map.entry("link", Set.of("href")),
          Map.entry("object", Set.of("classid", "codebase", "data", "usemap")),
          Map.entry("q", Set.of("cite")),
          Map.entry("script", Set.of("src")),
          Map.entry("source", Set.of("src")),
          Map.entry("video", Set.of("poster", "src")));

  /** Elements whose content is text up to their end tag. */
  private static final Set<String> RAW = Set.of("script", "style", "textarea", "title", "xmp");

  private static final Pattern ELEMENT = Pattern.compile("<([A-Za-z][^\\s/>]*+)");
  private static final Pattern ATTRIBUTE =
      Pattern.compile("([^\\s\"'<>/=]++)(\\s*+=\\s*+)(?:\"([^\"]*+)\"|'([^']*+)'|([^\\s\"'>]++))");
  private static final int LONGEST_TAG = 1 << 16;

  private final UnaryOperator<String> addresses;
  private final OutputStream out;
  // One character is one byte: what is not ASCII passes unseen.
  private final StringBuilder held = new StringBuilder();

  /** What ends what is being skipped, in lower case; empty when tags are looked for. */
  private String skippingTo = "";

  private HtmlLinks(UnaryOperator<String> addresses, OutputStream out) {
    this.addresses = addresses;
    this.out = out;
  }

  /**
   * Copies until the end.
   *
   * @param addresses what an address becomes
   */
  static void copy(InputStream page, OutputStream out, UnaryOperator<String> addresses)
      throws IOException {
    HtmlLinks links = new HtmlLinks(addresses, out);
    byte[] buffer = new byte[8192];
    for (int count = page.read(buffer); count >= 0; count = page.read(buffer)) {
      links.held.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
      links.write(links.ready());
      out.flush();
    }
    links.write(links.held.length());
  }

  /** Changes what is complete and tells how much that is. */
  private int ready() {
    int at = 0;
    while (at < held.length()) {
      if (!skippingTo.isEmpty()) {
        int end = indexOfIgnoringCase(skippingTo, at);
        if (end < 0) {
          return Math.max(at, held.length() - skippingTo.length());
        }
        at = end + skippingTo.length();
        skippingTo = "";
        continue;
      }
      int open = held.indexOf("<", at);
      if (open < 0) {
        return held.length();
      }
      if (held.length() - open < 4) {
        return open;
      }
      if (held.indexOf("<!--", open) == open) {
        skippingTo = "-->";
        at = open + 4;
        continue;
      }
      char first = Character.toLowerCase(held.charAt(open + 1));
      if (first < 'a' || first > 'z') {
        at = open + 1;
        continue;
      }
      int close = endOfTag(open);
      if (close < 0) {
        return held.length() - open > LONGEST_TAG ? held.length() : open;
      }
      at = rewritten(open, close);
    }
    return held.length();
  }

  private int indexOfIgnoringCase(String lower, int from) {
    for (int at = from; at + lower.length() <= held.length(); at++) {
      int same = 0;
      while (same < lower.length()
          && Character.toLowerCase(held.charAt(at + same)) == lower.charAt(same)) {
        same++;
      }
      if (same == lower.length()) {
        return at;
      }
    }
    return -1;
  }

  /** Where the tag's {@code >} is, outside of quotes; -1 when it has not come yet. */
  private int endOfTag(int open) {
    char quote = 0;
    for (int at = open + 1; at < held.length(); at++) {
      char c = held.charAt(at);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '>') {
        return at;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    return -1;
  }

  /** Changes the addresses of a tag; where the text after it begins. */
  private int rewritten(int open, int close) {
    String tag = held.substring(open, close + 1);
    Matcher element = ELEMENT.matcher(tag);
    if (!element.lookingAt()) {
      return close + 1;
    }
    String name = element.group(1).toLowerCase(Locale.ROOT);
    if (RAW.contains(name)) {
      skippingTo = "</" + name;
    }
    Set<String> known = ADDRESSES.get(name);
    if (known == null) {
      return close + 1;
    }
    StringBuilder changed = new StringBuilder(tag.length() + 64);
    Matcher attribute = ATTRIBUTE.matcher(tag);
    int at = element.end();
    changed.append(tag, 0, at);
    while (attribute.find(at)) {
      changed.append(tag, at, attribute.start());
      String address = value(attribute);
      boolean wanted = known.contains(attribute.group(1).toLowerCase(Locale.ROOT));
      String better = wanted ? addresses.apply(address) : address;
      if (better.equals(address)) {
        changed.append(attribute.group());
      } else {
        char quote = attribute.group(4) != null ? '\'' : '"';
        changed.append(attribute.group(1)).append(attribute.group(2));
        changed.append(quote).append(better).append(quote);
      }
      at = attribute.end();
    }
    changed.append(tag, at, tag.length());
    held.replace(open, close + 1, changed.toString());
    return open + changed.length();
  }

  private static String value(Matcher attribute) {
    for (int group = 3; group < 5; group++) {
      if (attribute.group(group) != null) {
        return attribute.group(group);
      }
    }
    return attribute.group(5);
  }

  private void write(int count) throws IOException {
    out.write(held.substring(0, count).getBytes(StandardCharsets.ISO_8859_1));
    held.delete(0, count);
  }
}
