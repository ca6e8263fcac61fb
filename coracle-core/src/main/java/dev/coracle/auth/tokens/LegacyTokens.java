package dev.coracle.auth.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.client.Client;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Tokens of Secrets of type {@code kubernetes.io/service-account-token}, which do not expire: good
 * as long as the Secret has them. The Secret's label {@code kubernetes.io/legacy-token-last-used}
 * says when they were last used; {@code kubernetes.io/legacy-token-invalid-since} ends them.
 */
final class LegacyTokens {

  private static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final String CLAIM = "kubernetes.io/serviceaccount/";
  private static final String LAST_USED = "kubernetes.io/legacy-token-last-used";
  private static final String INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

  private final Supplier<Client> client;
  private final InstantSource clock;

  LegacyTokens(Supplier<Client> client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * @param claims of the token, whose signature is good
   */
  Result authenticate(String token, JsonNode claims) {
    for (String needed :
        new String[] {"namespace", "secret.name", "service-account.name", "service-account.uid"}) {
      if (claims.path(CLAIM + needed).asText("").isEmpty()) {
        return new Result.Rejected(needed + " claim is missing");
      }
    }
    String namespace = claims.path(CLAIM + "namespace").asText();
    String account = claims.path(CLAIM + "service-account.name").asText();
    String uid = claims.path(CLAIM + "service-account.uid").asText();
    String name = claims.path(CLAIM + "secret.name").asText();
    if (!claims.path("sub").asText("").equals(ServiceAccountTokens.subject(namespace, account))) {
      return new Result.Rejected("sub claim is invalid");
    }
    KubeObject secret = client.get().find(SECRETS, namespace, name);
    if (secret == null || secret.isDeleting()) {
      return new Result.Rejected("service account token has been invalidated");
    }
    if (!holds(secret, token)) {
      return new Result.Rejected("service account token does not match server's copy");
    }
    KubeObject found = client.get().find(ACCOUNTS, namespace, account);
    if (found == null) {
      return new Result.Rejected("serviceaccounts \"" + account + "\" not found");
    }
    if (found.isDeleting()) {
      return new Result.Rejected(
          "service account " + namespace + "/" + account + " has been deleted");
    }
    if (!found.uid().equals(uid)) {
      return new Result.Rejected(
          "service account UID (" + found.uid() + ") does not match claim (" + uid + ")");
    }
    if (!secret.labels().getOrDefault(INVALID_SINCE, "").isEmpty()) {
      return new Result.Rejected(
          "the token in secret "
              + namespace
              + "/"
              + name
              + " for service account "
              + namespace
              + "/"
              + account
              + " has been marked invalid. Use tokens from the TokenRequest API or manually created"
              + " secret-based tokens, or remove the '"
              + INVALID_SINCE
              + "' label from the secret to temporarily allow use of this token");
    }
    track(secret);
    return new Result.Authenticated(ServiceAccountTokens.user(namespace, account, uid, Map.of()));
  }

  private static boolean holds(KubeObject secret, String token) {
    try {
      byte[] stored = Base64.getDecoder().decode(secret.text("data", "token"));
      return ServiceAccountTokenAuthenticator.sameToken(token, stored);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Writes the day, once a day; a failure keeps nobody out. */
  private void track(KubeObject secret) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    String used = secret.labels().getOrDefault(LAST_USED, "");
    // Another server's clock may be ahead.
    if (used.equals(today.toString()) || used.equals(today.plusDays(1).toString())) {
      return;
    }
    var patch = Json.object();
    patch.putObject("metadata").putObject("labels").put(LAST_USED, today.toString());
    try {
      KubeObject unused =
          client
              .get()
              .patch(
                  SECRETS,
                  secret.namespace(),
                  secret.name(),
                  "",
                  PatchType.MERGE,
                  patch,
                  WriteOptions.NONE);
    } catch (StatusException e) {
      org.slf4j.LoggerFactory.getLogger(LegacyTokens.class)
          .debug("the use of {} was not recorded: {}", secret.key(), e.getMessage());
    }
  }
}
