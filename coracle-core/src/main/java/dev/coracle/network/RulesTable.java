package dev.coracle.network;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces the nftables table of the Services. Which clients belong to which endpoint, by session
 * affinity, stays known: it is in sets of the table that this text says nothing about.
 */
final class RulesTable {

  /** What the names of the sets of clients begin with. */
  static final String CLIENTS = "clients.";

  private static final Pattern SET =
      Pattern.compile("set (" + Pattern.quote(CLIENTS) + "\\S+) \\{([^{}]*)(\\{[^{}]*\\})?");
  private static final Pattern ELEMENT = Pattern.compile("([0-9.]+)[^,}]*?\\b(expires \\w+)");

  private RulesTable() {}

  /**
   * @param text {@link ServiceRules#render} of this table
   * @throws IOException when nft refuses it
   */
  static void replace(String table, String text) throws IOException {
    if (text.contains("set " + CLIENTS)) {
      String with = withClients(text, listing(table));
      if (!with.equals(text)) {
        try {
          Tool.run(with, "nft", "-f", "-");
          return;
        } catch (IOException e) {
          // Such as a client that has longer than a shorter timeout allows: better the rules alone.
        }
      }
    }
    Tool.run(text, "nft", "-f", "-");
  }

  private static String listing(String table) {
    try {
      return Tool.run("", "nft", "list", "table", "ip", table);
    } catch (IOException e) {
      return "";
    }
  }

  /** The text with the clients of those sets that the listing of the table has as well. */
  static String withClients(String text, String listing) {
    Map<String, String> clients = new HashMap<>();
    Matcher listed = SET.matcher(listing);
    while (listed.find()) {
      if (listed.group(3) == null) {
        continue;
      }
      String elements =
          String.join(
              ", ",
              ELEMENT
                  .matcher(listed.group(3))
                  .results()
                  .map(element -> element.group(1) + " " + element.group(2))
                  .toList());
      if (!elements.isEmpty()) {
        clients.put(listed.group(1), elements);
      }
    }
    return SET.matcher(text)
        .replaceAll(
            set ->
                Matcher.quoteReplacement(
                    set.group() + elements(clients.getOrDefault(name(set), ""))));
  }

  private static String name(MatchResult set) {
    return set.group(1);
  }

  private static String elements(String clients) {
    return clients.isEmpty() ? "" : "elements = { " + clients + " }\n  ";
  }
}
