package dev.coracle.node.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Where volumes get what they show. */
public interface VolumeSource {

  @Nullable KubeObject configMap(String namespace, String name);

  @Nullable KubeObject secret(String namespace, String name);

  @Nullable KubeObject persistentVolumeClaim(String namespace, String name);

  @Nullable KubeObject persistentVolume(String name);

  /** {@code Node.status.allocatable}. */
  JsonNode allocatable();

  /** A ServiceAccount's token and when it ends. */
  record Token(String token, Instant issued, Instant expires) {}

  /** Asks for a token that is bound to a Pod. */
  Token token(KubeObject pod, String audience, long expirationSeconds);

  Instant now();
}
