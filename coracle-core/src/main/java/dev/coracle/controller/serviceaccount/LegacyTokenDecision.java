package dev.coracle.controller.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a token Secret that was made for its ServiceAccount and that nobody uses
 * (KEP-2799). Pure.
 */
final class LegacyTokenDecision {

  static final String LAST_USED = "kubernetes.io/legacy-token-last-used";
  static final String INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

  /** What to do with a Secret. */
  enum Verdict {
    KEEP,
    /** Its token no longer counts, and it is told when. */
    INVALIDATE,
    DELETE
  }

  private final Duration unused;
  private final Instant now;

  /**
   * @param unused how long a token must have gone unused to become invalid, and be invalid to go
   */
  LegacyTokenDecision(Duration unused, Instant now) {
    this.unused = unused;
    this.now = now;
  }

  /**
   * Whether use has been tracked for long enough to say that something was not used.
   *
   * @param since the date in the tracking ConfigMap
   */
  boolean canTell(String since) {
    LocalDate date = date(since);
    return date != null
        && !now.isBefore(date.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant().plus(unused));
  }

  /**
   * @param secret of type {@code kubernetes.io/service-account-token}
   * @param account that it names, if its uid is right; else null
   * @param used names of the Secrets that Pods of its namespace use
   */
  Verdict of(KubeObject secret, @Nullable KubeObject account, Set<String> used) {
    Instant created = Timestamps.parse(secret.creationTimestamp());
    if (secret.isDeleting() || created == null || !created.isBefore(now.minus(unused))) {
      return Verdict.KEEP;
    }
    LocalDate limit = LocalDate.ofInstant(now.minus(unused), ZoneOffset.UTC);
    String lastUsed = secret.labels().get(LAST_USED);
    if (lastUsed != null) {
      LocalDate date = date(lastUsed);
      if (date == null || !date.isBefore(limit)) {
        return Verdict.KEEP;
      }
    }
    if (account == null || !lists(account, secret.name()) || used.contains(secret.name())) {
      return Verdict.KEEP;
    }
    LocalDate invalid = date(secret.labels().getOrDefault(INVALID_SINCE, ""));
    if (invalid == null) {
      return Verdict.INVALIDATE;
    }
    return invalid.isBefore(limit) ? Verdict.DELETE : Verdict.KEEP;
  }

  /** Made by the token controller, and not by a user. */
  private static boolean lists(KubeObject account, String secret) {
    for (JsonNode reference : account.at("secrets")) {
      if (reference.path("name").asText().equals(secret)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable LocalDate date(String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
