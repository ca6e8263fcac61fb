package dev.coracle.schema.validation.pod;

import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;

/** Probes and lifecycle handlers. */
final class ProbeValidation {

  private static final String[] PROBE_HANDLERS = {"exec", "httpGet", "tcpSocket", "grpc"};
  private static final String[] LIFECYCLE_HANDLERS = {"exec", "httpGet", "tcpSocket", "sleep"};

  private ProbeValidation() {}

  static void probe(Field probe, boolean once, boolean readiness) {
    if (!probe.present()) {
      return;
    }
    handler(probe, PROBE_HANDLERS, Long.MAX_VALUE);
    for (String field :
        new String[] {
          "initialDelaySeconds",
          "timeoutSeconds",
          "periodSeconds",
          "successThreshold",
          "failureThreshold"
        }) {
      probe.child(field).nonNegative();
    }
    Field success = probe.child("successThreshold");
    if (once && success.number() != 1) {
      success.invalid("must be 1");
    }
    Field grace = probe.child("terminationGracePeriodSeconds");
    if (readiness && grace.present()) {
      grace.invalid("must not be set for readinessProbes");
    } else {
      grace.positive();
    }
  }

  static void lifecycle(Field lifecycle, long grace) {
    for (String name : new String[] {"postStart", "preStop"}) {
      Field handler = lifecycle.child(name);
      if (handler.present()) {
        handler(handler, LIFECYCLE_HANDLERS, grace);
      }
    }
  }

  private static void handler(Field holder, String[] handlers, long grace) {
    int count = 0;
    for (String name : handlers) {
      if (!holder.has(name)) {
        continue;
      }
      Field handler = holder.child(name);
      if (count++ > 0) {
        handler.forbidden("may not specify more than 1 handler type");
        continue;
      }
      switch (name) {
        case "exec" -> handler.child("command").needed();
        case "httpGet" -> http(handler);
        case "tcpSocket" -> handler.child("port").portNumberOrName();
        case "grpc" ->
            handler.child("port").invalid(Names.portNumber(handler.child("port").number()));
        case "sleep" -> {
          Field seconds = handler.child("seconds");
          if (seconds.number() < 0 || seconds.number() > grace) {
            seconds.invalid(
                "must be non-negative and less than terminationGracePeriodSeconds (" + grace + ")");
          }
        }
        default -> {}
      }
    }
    if (count == 0) {
      holder.required("must specify a handler type");
    }
  }

  private static void http(Field get) {
    get.child("path").needed();
    get.child("port").portNumberOrName();
    get.child("scheme").neededOneOf("HTTP", "HTTPS");
    Field headers = get.child("httpHeaders");
    for (Field header : headers.items()) {
      String name = header.text("name");
      headers.errors().invalid(headers.path(), name, Names.httpHeaderName(name));
    }
  }
}
