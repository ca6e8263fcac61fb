package dev.coracle.controller.bootstrap;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Resources;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** A Secret of type {@code bootstrap.kubernetes.io/token} in {@code kube-system}. */
record BootstrapToken(KubeObject secret) {

  static final String NAMESPACE = "kube-system";

  private static final Pattern ID = Pattern.compile("[a-z0-9]{6}");
  private static final Pattern KEY = Pattern.compile("[a-z0-9]{16}");
  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  static SharedInformer informer(Informers informers) {
    return informers.of(
        Resources.SECRETS,
        NAMESPACE,
        ListOptions.ALL.withFieldSelector("type=bootstrap.kubernetes.io/token"));
  }

  private String text(String key) {
    try {
      return new String(
          Base64.getDecoder().decode(secret.text("data", key)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  String id() {
    return text("token-id");
  }

  /** Null when it has no end; the beginning of time when that cannot be read. */
  @Nullable Instant expiration() {
    String text = text("expiration");
    if (text.isEmpty()) {
      return null;
    }
    Instant end = Timestamps.parse(text);
    return end == null ? Instant.EPOCH : end;
  }

  boolean hasExpired(Instant now) {
    Instant end = expiration();
    return end != null && !now.isBefore(end);
  }

  boolean maySign(Instant now) {
    return !secret.isDeleting()
        && ID.matcher(id()).matches()
        && KEY.matcher(text("token-secret")).matches()
        && secret.name().equals("bootstrap-token-" + id())
        && text("usage-bootstrap-signing").equals("true")
        && !hasExpired(now);
  }

  /** A JWS of a content that stands elsewhere (RFC 7515, appendix F). */
  String sign(String content) {
    String header = URL.encodeToString(bytes("{\"alg\":\"HS256\",\"kid\":\"" + id() + "\"}"));
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(bytes(text("token-secret")), "HmacSHA256"));
      byte[] signature = mac.doFinal(bytes(header + "." + URL.encodeToString(bytes(content))));
      return header + ".." + URL.encodeToString(signature);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
