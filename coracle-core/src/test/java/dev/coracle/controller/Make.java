package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;

/** Objects for tests, from YAML. */
public final class Make {

  private Make() {}

  public static KubeObject object(String yaml) {
    return KubeObject.of((ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  /** A Pod of an owner, ready or not. */
  public static KubeObject pod(String name, String phase, boolean ready, String more) {
    return object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: ns, uid: uid-%s, creationTimestamp: "2026-01-01T00:00:00Z"%s}
        spec: {nodeName: node-1}
        status:
          phase: %s
          conditions: [{type: Ready, status: "%s", lastTransitionTime: "2026-01-01T00:00:00Z"}]
        """
            .formatted(name, name, more, phase, ready ? "True" : "False"));
  }
}
