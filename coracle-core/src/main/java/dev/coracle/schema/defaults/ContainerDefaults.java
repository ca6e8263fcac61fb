package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Containers of every sort, with their probes and handlers. */
final class ContainerDefaults {

  private ContainerDefaults() {}

  static void container(ObjectNode container) {
    for (ObjectNode port : Fill.objects(container, "ports")) {
      Fill.text(port, "protocol", "TCP");
    }
    for (ObjectNode variable : Fill.objects(container, "env")) {
      if (Fill.existing(variable, "valueFrom") instanceof ObjectNode source) {
        VolumeDefaults.reference(source);
        if (Fill.existing(source, "fileKeyRef") instanceof ObjectNode file) {
          Fill.flag(file, "optional", false);
        }
      }
    }
    PodDefaults.resources(Fill.child(container, "resources"));
    Fill.text(container, "terminationMessagePath", "/dev/termination-log");
    Fill.text(container, "terminationMessagePolicy", "File");
    Fill.text(container, "imagePullPolicy", pullPolicy(Fill.string(container, "image")));
    for (String name : new String[] {"livenessProbe", "readinessProbe", "startupProbe"}) {
      if (Fill.existing(container, name) instanceof ObjectNode probe) {
        probe(probe);
      }
    }
    if (Fill.existing(container, "lifecycle") instanceof ObjectNode lifecycle) {
      for (String name : new String[] {"postStart", "preStop"}) {
        if (Fill.existing(lifecycle, name) instanceof ObjectNode handler) {
          httpGet(handler);
        }
      }
    }
  }

  /** {@code Always} for the tag {@code latest}, which is also what no tag and no digest mean. */
  static String pullPolicy(String image) {
    int digest = image.indexOf('@');
    String name = digest < 0 ? image : image.substring(0, digest);
    int colon = name.indexOf(':', name.lastIndexOf('/') + 1);
    boolean latest = colon < 0 ? digest < 0 : name.substring(colon + 1).equals("latest");
    return latest ? "Always" : "IfNotPresent";
  }

  private static void probe(ObjectNode probe) {
    Fill.nonZero(probe, "timeoutSeconds", 1);
    Fill.nonZero(probe, "periodSeconds", 10);
    Fill.nonZero(probe, "successThreshold", 1);
    Fill.nonZero(probe, "failureThreshold", 3);
    httpGet(probe);
    if (Fill.existing(probe, "grpc") instanceof ObjectNode grpc) {
      Fill.empty(grpc, "service");
    }
  }

  private static void httpGet(ObjectNode handler) {
    if (Fill.existing(handler, "httpGet") instanceof ObjectNode get) {
      Fill.text(get, "path", "/");
      Fill.text(get, "scheme", "HTTP");
    }
  }
}
