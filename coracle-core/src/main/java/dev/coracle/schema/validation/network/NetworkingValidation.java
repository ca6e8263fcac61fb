package dev.coracle.schema.validation.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ingresses, their classes, NetworkPolicies, IPAddresses and ServiceCIDRs. */
public final class NetworkingValidation {

  private static final List<String> SCOPES = List.of("Cluster", "Namespace");

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
        if (controller.needed()) {
          if (controller.text().getBytes(StandardCharsets.UTF_8).length > 250) {
            errors.tooLong(controller.path(), 250);
          }
          if (controller.text().indexOf('/') < 1) {
            controller.invalid("must be a domain-prefixed path (such as \"acme.io/foo\")");
          }
        }
        parameters(spec.child("parameters"));
      }
      case "IPAddress" -> parent(spec.child("parentRef"), old);
      case "ServiceCIDR" -> serviceCidr(spec.child("cidrs"), old);
      case "NetworkPolicy" -> networkPolicy(spec);
      default -> {}
    }
  }

  private static void parameters(Field parameters) {
    if (!parameters.present()) {
      return;
    }
    reference(parameters);
    Field scope = parameters.child("scope");
    Field namespace = parameters.child("namespace");
    if (!scope.present()) {
      scope.required("");
      return;
    }
    switch (scope.text()) {
      case "Cluster" -> {
        if (namespace.present()) {
          namespace.forbidden("`parameters.scope` is set to 'Cluster'");
        }
      }
      case "Namespace" -> {
        if (!namespace.present()) {
          namespace.required("`parameters.scope` is set to 'Namespace'");
        } else {
          namespace.invalid(Names.dns1123Label(namespace.text()));
        }
      }
      default -> scope.errors().notSupported(scope.path(), scope.json(), SCOPES);
    }
  }

  /** A reference by API group, kind and name. */
  private static void reference(Field reference) {
    Field group = reference.child("apiGroup");
    if (group.present()) {
      group.invalid(Names.dns1123Subdomain(group.text()));
    }
    segment(reference.child("kind"));
    segment(reference.child("name"));
  }

  private static void segment(Field needed) {
    if (needed.needed()) {
      needed.invalid(MetadataValidation.pathSegment(needed.text()));
    }
  }

  private static void parent(Field parent, @Nullable ObjectNode old) {
    if (old != null) {
      parent.immutable(old.path("spec").path("parentRef"));
      return;
    }
    if (!parent.present()) {
      parent.required("");
      return;
    }
    Field group = parent.child("group");
    if (!group.blank()) {
      group.invalid(Names.dns1123Subdomain(group.text()));
    }
    segment(parent.child("resource"));
    segment(parent.child("name"));
    Field namespace = parent.child("namespace");
    namespace.invalid(MetadataValidation.pathSegment(namespace.text()));
  }

  private static void serviceCidr(Field cidrs, @Nullable ObjectNode old) {
    if (old == null) {
      networks(cidrs);
      return;
    }
    JsonNode before = old.path("spec").path("cidrs");
    boolean second = before.size() == 1 && cidrs.json().size() == 2;
    if (!second && before.size() != cidrs.json().size()) {
      cidrs.immutable(before);
      return;
    }
    for (int i = 0; i < before.size(); i++) {
      cidrs.items().get(i).immutable(before.get(i));
    }
    if (second) {
      networks(cidrs);
    }
  }

  private static void networks(Field cidrs) {
    List<Field> networks = cidrs.items();
    if (networks.isEmpty()) {
      cidrs.required("at least one CIDR required");
      return;
    }
    if (networks.size() > 2) {
      cidrs.invalid("may only hold up to 2 values");
      return;
    }
    networks.forEach(network -> network.invalid(Addresses.strictCidr(network.text())));
    if (networks.size() == 2
        && networks.stream().allMatch(network -> Addresses.isCidr(network.text()))
        && networks.get(0).text().contains(":") == networks.get(1).text().contains(":")) {
      cidrs.invalid(
          "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and"
              + " 2001:db8::/64");
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
      reference(backend.child("resource"));
      return;
    }
    if (!service) {
      backend.errors().invalid(backend.path(), "", "resource or service backend is required");
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
