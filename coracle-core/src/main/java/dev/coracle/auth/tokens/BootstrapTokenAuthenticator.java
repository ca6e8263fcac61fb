package dev.coracle.auth.tokens;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.client.Client;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Machines that join a cluster: tokens {@code ID.SECRET} of Secrets {@code bootstrap-token-ID} in
 * {@code kube-system} (the Kubernetes page "Authenticating with Bootstrap Tokens").
 */
public final class BootstrapTokenAuthenticator implements TokenAuthenticator {

  private static final Pattern TOKEN = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");
  private static final Pattern GROUP =
      Pattern.compile("system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]");
  private static final String TYPE = "bootstrap.kubernetes.io/token";

  private final Supplier<Client> client;
  private final InstantSource clock;

  public BootstrapTokenAuthenticator(Supplier<Client> client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    Matcher matcher = TOKEN.matcher(token);
    if (!matcher.matches()) {
      return new Result.Anonymous();
    }
    String id = matcher.group(1);
    KubeObject secret =
        client
            .get()
            .find(GroupVersionResource.core("secrets"), "kube-system", "bootstrap-token-" + id);
    if (secret == null || secret.isDeleting() || !secret.text("type").equals(TYPE)) {
      return new Result.Anonymous();
    }
    boolean good =
        ServiceAccountTokenAuthenticator.sameToken(matcher.group(2), data(secret, "token-secret"))
            && text(secret, "token-id").equals(id)
            && !expired(text(secret, "expiration"))
            && text(secret, "usage-bootstrap-authentication").equals("true");
    @Nullable List<String> groups = good ? groups(text(secret, "auth-extra-groups")) : null;
    return groups == null
        ? new Result.Anonymous()
        : new Result.Authenticated(
            new UserInfo("system:bootstrap:" + id, "", groups, Map.of()), audiences);
  }

  private static byte[] data(KubeObject secret, String key) {
    try {
      return Base64.getDecoder().decode(secret.text("data", key));
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static String text(KubeObject secret, String key) {
    return new String(data(secret, key), StandardCharsets.UTF_8);
  }

  /** A time that can't be read counts as past. */
  private boolean expired(String expiration) {
    if (expiration.isEmpty()) {
      return false;
    }
    try {
      Instant end = OffsetDateTime.parse(expiration).toInstant();
      return !clock.instant().isBefore(end);
    } catch (DateTimeParseException e) {
      return true;
    }
  }

  private static @Nullable List<String> groups(String extra) {
    TreeSet<String> groups = new TreeSet<>(List.of("system:bootstrappers"));
    for (String group : extra.isEmpty() ? new String[0] : extra.split(",", -1)) {
      if (!GROUP.matcher(group).matches()) {
        return null;
      }
      groups.add(group);
    }
    return List.copyOf(groups);
  }
}
