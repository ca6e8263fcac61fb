package dev.coracle.schema.validation.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Endpoints and EndpointSlices. */
public final class EndpointsValidation {

  private static final int MOST_ADDRESSES = 100;
  private static final int MOST_ENDPOINTS = 1000;
  private static final int MOST_PORTS = 20000;

  private EndpointsValidation() {}

  public static void endpoints(ObjectNode object, FieldErrors errors) {
    for (Field subset : Field.of(object, "subsets", errors).items()) {
      Field ready = subset.child("addresses");
      Field notReady = subset.child("notReadyAddresses");
      if (ready.blank() && notReady.blank()) {
        subset.required("must specify `addresses` or `notReadyAddresses`");
      }
      for (Field list : new Field[] {ready, notReady}) {
        for (Field address : list.items()) {
          special(address.child("ip"));
          address.child("hostname").dnsLabel();
          address.child("nodeName").subdomain();
        }
      }
      boolean several = subset.child("ports").json().size() > 1;
      for (Field port : subset.child("ports").items()) {
        Field name = port.child("name");
        if (several) {
          name.needed();
        }
        name.dnsLabel();
        port.child("port").invalid(Names.portNumber(port.child("port").number()));
        port.child("protocol").neededOneOf("SCTP", "TCP", "UDP");
      }
    }
  }

  /** An address that another machine could have: not of this one, and not of many. */
  private static void special(Field ip) {
    if (!Addresses.isIp(ip.text())) {
      ip.errors()
          .invalid(
              ip.path(),
              ip.text(),
              "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
      return;
    }
    String text = ip.text();
    if (text.equals("0.0.0.0") || text.equals("::")) {
      ip.invalid("may not be unspecified (" + text + ")");
    } else if (text.startsWith("127.") || text.equals("::1")) {
      ip.invalid("may not be in the loopback range (127.0.0.0/8, ::1/128)");
    } else if (text.startsWith("169.254.")) {
      ip.invalid("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    } else if (text.startsWith("224.0.0.")) {
      ip.invalid("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }

  public static void slice(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    if (!kind.equals("EndpointSlice")) {
      return;
    }
    Field type = Field.of(object, "addressType", errors);
    type.neededOneOf("FQDN", "IPv4", "IPv6");
    if (old != null) {
      type.immutable(old.path("addressType"));
    }
    Field endpoints = Field.of(object, "endpoints", errors);
    if (endpoints.json().size() > MOST_ENDPOINTS) {
      errors.tooMany(endpoints.path(), endpoints.json().size(), MOST_ENDPOINTS);
    }
    for (Field endpoint : endpoints.items()) {
      endpoint(endpoint, type.text());
    }
    ports(Field.of(object, "ports", errors));
  }

  private static void endpoint(Field endpoint, String type) {
    Field addresses = endpoint.child("addresses");
    if (addresses.blank()) {
      addresses.required("must contain at least 1 address");
    } else if (addresses.json().size() > MOST_ADDRESSES) {
      addresses.errors().tooMany(addresses.path(), addresses.json().size(), MOST_ADDRESSES);
    }
    for (Field address : addresses.items()) {
      switch (type) {
        case "IPv4" -> {
          if (!Addresses.isIpv4(address.text())) {
            address.invalid("must be an IPv4 address");
          } else {
            special(address);
          }
        }
        case "IPv6" -> {
          if (!Addresses.isIpv6(address.text())) {
            address.invalid("must be an IPv6 address");
          } else {
            special(address);
          }
        }
        case "FQDN" -> address.subdomain();
        default -> {}
      }
    }
    endpoint.child("hostname").dnsLabel();
    endpoint.child("nodeName").subdomain();
  }

  private static void ports(Field ports) {
    if (ports.json().size() > MOST_PORTS) {
      ports.errors().tooMany(ports.path(), ports.json().size(), MOST_PORTS);
    }
    Set<String> names = new HashSet<>();
    for (Field port : ports.items()) {
      Field name = port.child("name");
      name.dnsLabel();
      if (!names.add(name.text())) {
        name.errors().duplicate(name.path(), name.text());
      }
      port.child("protocol").neededOneOf("SCTP", "TCP", "UDP");
      if (!port.child("appProtocol").blank()) {
        port.child("appProtocol").qualified();
      }
    }
  }
}
