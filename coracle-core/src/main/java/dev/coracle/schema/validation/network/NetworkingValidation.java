package dev.coracle.schema.validation.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.SelectorValidation;
import org.jspecify.annotations.Nullable;

/** Ingresses, their classes, and NetworkPolicies. */
public final class NetworkingValidation {

  private NetworkingValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    switch (kind) {
      case "Ingress" -> ingress(spec);
      case "IngressClass" -> {
        Field controller = spec.child("controller");
        if (old != null) {
          controller.immutable(old.path("spec").path("controller"));
        }
        if (controller.needed() && controller.text().indexOf('/') < 1) {
          controller.invalid("must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
      }
      case "NetworkPolicy" -> networkPolicy(spec);
      default -> {}
    }
  }

  public static void cidr(Field cidr) {
    if (!Addresses.isCidr(cidr.text().strip())) {
      cidr.errors()
          .invalid(
              cidr.path(),
              cidr.text(),
              "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
  }

  private static void ingress(Field spec) {
    Field fallback = spec.child("defaultBackend");
    if (spec.child("rules").blank() && !fallback.present()) {
      spec.invalid("either `defaultBackend` or `rules` must be specified");
    }
    if (fallback.present()) {
      backend(fallback);
    }
    spec.child("ingressClassName").subdomain();
    for (Field tls : spec.child("tls").items()) {
      tls.child("hosts").items().forEach(NetworkingValidation::host);
      tls.child("secretName").subdomain();
    }
    for (Field rule : spec.child("rules").items()) {
      Field host = rule.child("host");
      if (!host.blank()) {
        if (Addresses.isIp(host.text())) {
          host.invalid("must be a DNS name, not an IP address");
        } else {
          host(host);
        }
      }
      Field http = rule.child("http");
      if (http.present()) {
        if (http.child("paths").blank()) {
          http.child("paths").required("");
        }
        http.child("paths").items().forEach(NetworkingValidation::path);
      }
    }
  }

  private static void host(Field host) {
    host.invalid(
        host.text().contains("*")
            ? Names.wildcardDns1123Subdomain(host.text())
            : Names.dns1123Subdomain(host.text()));
  }

  private static void path(Field entry) {
    Field type = entry.child("pathType");
    if (type.blank()) {
      type.required("pathType must be specified");
      return;
    }
    Field path = entry.child("path");
    switch (type.text()) {
      case "Exact", "Prefix" -> {
        if (!path.text().startsWith("/")) {
          path.errors().invalid(path.path(), path.text(), "must be an absolute path");
        }
        for (String part : new String[] {"//", "/./", "/../", "%2f", "%2F"}) {
          if (path.text().contains(part)) {
            path.invalid("must not contain '" + part + "'");
          }
        }
        for (String end : new String[] {"/..", "/."}) {
          if (path.text().endsWith(end)) {
            path.invalid("cannot end with '" + end + "'");
          }
        }
      }
      case "ImplementationSpecific" -> {
        if (!path.blank() && !path.text().startsWith("/")) {
          path.invalid("must be an absolute path");
        }
      }
      default -> type.oneOf("Exact", "ImplementationSpecific", "Prefix");
    }
    backend(entry.child("backend"));
  }

  private static void backend(Field backend) {
    boolean service = backend.has("service");
    boolean resource = backend.has("resource");
    if (service && resource) {
      backend.invalid("cannot set both resource and service backends");
      return;
    }
    if (resource) {
      backend.child("resource").child("kind").needed();
      backend.child("resource").child("name").needed();
      return;
    }
    Field name = backend.child("service").child("name");
    if (name.needed("service name is required")) {
      name.invalid(Names.dns1035Label(name.text()));
    }
    Field port = backend.child("service").child("port");
    boolean named = !port.text("name").isEmpty();
    long number = port.child("number").number();
    if (named && number != 0) {
      backend.invalid("cannot set both port name & port number");
    } else if (named) {
      port.child("name").invalid(Names.portName(port.text("name")));
    } else if (number != 0) {
      port.child("number").invalid(Names.portNumber(number));
    } else {
      backend.required("port name or number is required");
    }
  }

  private static void networkPolicy(Field spec) {
    SelectorValidation.validate(spec.child("podSelector"));
    for (Field rule : spec.child("ingress").items()) {
      rule(rule, "from");
    }
    for (Field rule : spec.child("egress").items()) {
      rule(rule, "to");
    }
    Field types = spec.child("policyTypes");
    if (types.json().size() > 2) {
      types.invalid("may not specify more than two policyTypes");
      return;
    }
    for (Field type : types.items()) {
      type.oneOf("Egress", "Ingress");
    }
  }

  private static void rule(Field rule, String peers) {
    for (Field port : rule.child("ports").items()) {
      port.child("protocol").oneOf("SCTP", "TCP", "UDP");
      Field number = port.child("port");
      Field end = port.child("endPort");
      if (number.present()) {
        number.portNumberOrName();
        if (end.present() && number.json().isNumber() && end.number() < number.number()) {
          end.invalid("must be greater than or equal to `port`");
        }
        if (end.present() && number.json().isTextual()) {
          end.invalid("may not be specified when `port` is non-numeric");
        }
      } else if (end.present()) {
        end.invalid("may not be specified when `port` is not specified");
      }
    }
    for (Field peer : rule.child(peers).items()) {
      int count = 0;
      for (String selector : new String[] {"podSelector", "namespaceSelector"}) {
        if (peer.has(selector)) {
          count++;
          SelectorValidation.validate(peer.child(selector));
        }
      }
      Field block = peer.child("ipBlock");
      if (block.present()) {
        if (block.child("cidr").needed()) {
          cidr(block.child("cidr"));
        }
        block.child("except").items().forEach(NetworkingValidation::cidr);
        if (count > 0) {
          peer.forbidden("may not specify both ipBlock and another peer");
        }
      } else if (count == 0) {
        peer.required("must specify a peer");
      }
    }
  }
}
