package dev.coracle.auth.tokens;

import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Users by a file of tokens: comma-separated lines of token, user, uid and, if any, groups in
 * quotes ({@code --token-auth-file}). Tokens are looked up by their SHA-256, so that the time of an
 * answer tells nothing about them.
 */
public final class TokenFileAuthenticator implements TokenAuthenticator {

  private final Map<String, UserInfo> users = new HashMap<>();

  /**
   * @param name of the file, for errors
   * @throws IllegalArgumentException in one sentence, when a line is of no use
   */
  public TokenFileAuthenticator(String name, String text) {
    for (List<String> line : lines(name, text)) {
      if (line.size() < 3) {
        throw new IllegalArgumentException(
            "token file '"
                + name
                + "' must have at least 3 columns (token, user name, user uid), found "
                + line.size());
      }
      if (line.getFirst().isEmpty()) {
        continue;
      }
      List<String> groups = new ArrayList<>();
      if (line.size() > 3) {
        for (String group : line.get(3).split(",", -1)) {
          if (!group.isEmpty()) {
            groups.add(group);
          }
        }
      }
      users.put(
          TokenDigest.of(line.getFirst()),
          new UserInfo(line.get(1), line.get(2), groups, Map.of()));
    }
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    UserInfo user = users.get(TokenDigest.of(token));
    return user == null ? new Result.Anonymous() : new Result.Authenticated(user, audiences);
  }

  /** Comma-separated values (RFC 4180); spaces before a value don't count, nor do empty lines. */
  private static List<List<String>> lines(String name, String text) {
    List<List<String>> lines = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        fields.add(field.toString());
        field.setLength(0);
      } else if (c == '\n') {
        end(lines, fields, field);
        fields = new ArrayList<>();
      } else if (c != '\r' && !(c == ' ' && field.isEmpty())) {
        field.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException("token file '" + name + "' has a quote without an end");
    }
    end(lines, fields, field);
    return lines;
  }

  private static void end(List<List<String>> lines, List<String> fields, StringBuilder field) {
    if (!fields.isEmpty() || !field.isEmpty()) {
      fields.add(field.toString());
      lines.add(fields);
    }
    field.setLength(0);
  }
}
