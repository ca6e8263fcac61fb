package dev.coracle.schema.validation.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Services: all but what an allocator refuses (addresses and node ports that are taken). */
public final class ServiceValidation {

  private static final int DAY = 86400;

  private ServiceValidation() {}

  public static void validate(ObjectNode service, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(service, "spec", errors);
    String type = spec.text("type");
    boolean headless = spec.text("clusterIP").equals("None");
    boolean external = type.equals("ExternalName");
    Field ports = spec.child("ports");
    if (ports.blank() && !headless && !external) {
      ports.required("");
    }
    ports(ports, headless, type);
    spec.child("type").neededOneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
    MetadataValidation.labels(spec.child("selector"));
    addresses(spec, type, headless);
    affinity(spec);
    policies(spec, type);
    for (Field address : spec.child("externalIPs").items()) {
      address.ip();
    }
    for (Field range : spec.child("loadBalancerSourceRanges").items()) {
      NetworkingValidation.cidr(range);
    }
    if (!spec.child("loadBalancerSourceRanges").blank() && !type.equals("LoadBalancer")) {
      spec.child("loadBalancerSourceRanges")
          .forbidden("may only be used when `type` is 'LoadBalancer'");
    }
    if (spec.has("loadBalancerClass") && !type.equals("LoadBalancer")) {
      spec.child("loadBalancerClass").forbidden("may only be used when `type` is 'LoadBalancer'");
    }
    if (spec.has("allocateLoadBalancerNodePorts") && !type.equals("LoadBalancer")) {
      spec.child("allocateLoadBalancerNodePorts")
          .forbidden("may only be used when `type` is 'LoadBalancer'");
    }
    spec.child("trafficDistribution").oneOf("PreferClose", "PreferSameZone", "PreferSameNode");
    if (old != null) {
      update(spec, type, old.path("spec"));
    }
  }

  private static void ports(Field ports, boolean headless, String type) {
    Set<String> names = new HashSet<>();
    Set<String> numbers = new HashSet<>();
    Set<String> nodePorts = new HashSet<>();
    boolean several = ports.json().size() > 1;
    for (Field port : ports.items()) {
      Field name = port.child("name");
      if (name.blank()) {
        if (several) {
          name.required("");
        }
      } else {
        name.dnsLabel();
        if (!names.add(name.text())) {
          name.duplicate();
        }
      }
      port.child("port").invalid(Names.portNumber(port.child("port").number()));
      port.child("protocol").neededOneOf("SCTP", "TCP", "UDP");
      if (port.has("targetPort")) {
        port.child("targetPort").portNumberOrName();
      }
      if (!port.child("appProtocol").blank()) {
        port.child("appProtocol").qualified();
      }
      long nodePort = port.child("nodePort").number();
      String protocol = port.text("protocol");
      if (nodePort != 0) {
        if (type.equals("ClusterIP") || headless || type.equals("ExternalName")) {
          port.child("nodePort").forbidden("may not be used when `type` is '" + type + "'");
        } else if (nodePort < 30000 || nodePort > 32767) {
          port.child("nodePort")
              .invalid(
                  "provided port is not in the valid range. The range of valid ports is"
                      + " 30000-32767");
        } else if (!nodePorts.add(protocol + nodePort)) {
          port.child("nodePort").duplicate();
        }
      }
      long number = port.child("port").number();
      if (!numbers.add(protocol + number)) {
        port.errors().duplicate(port.path(), shown(protocol, number));
      }
    }
  }

  /** A port as messages show it, with the internal names of its fields. */
  private static JsonNode shown(String protocol, long port) {
    ObjectNode shown = Json.object().put("Name", "").put("Protocol", protocol);
    shown.putNull("AppProtocol");
    return shown.put("Port", port).put("TargetPort", 0).put("NodePort", 0);
  }

  private static void addresses(Field spec, String type, boolean headless) {
    Field addresses = spec.child("clusterIPs");
    Field name = spec.child("externalName");
    if (type.equals("ExternalName")) {
      if (!spec.text("clusterIP").isEmpty() || !addresses.blank()) {
        addresses.forbidden("may not be set for ExternalName services");
      }
      if (name.needed()) {
        String host = name.text();
        name.invalid(
            Names.dns1123Subdomain(
                host.endsWith(".") ? host.substring(0, host.length() - 1) : host));
      }
      return;
    }
    if (headless && (type.equals("NodePort") || type.equals("LoadBalancer"))) {
      addresses
          .errors()
          .invalid(
              addresses.path().index(0),
              "None",
              "may not be set to 'None' for " + type + " services");
    }
    String address = spec.text("clusterIP");
    if (!address.isEmpty() && !headless && !Addresses.isIp(address)) {
      addresses
          .errors()
          .invalid(
              addresses.path().index(0),
              address,
              "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    if (!addresses.blank() && !addresses.json().path(0).asText("").equals(address)) {
      addresses.invalid("first value must match `clusterIP`");
    }
    spec.child("ipFamilyPolicy").oneOf("PreferDualStack", "RequireDualStack", "SingleStack");
    for (Field family : spec.child("ipFamilies").items()) {
      family.oneOf("IPv4", "IPv6");
    }
  }

  private static void affinity(Field spec) {
    Field affinity = spec.child("sessionAffinity");
    affinity.neededOneOf("ClientIP", "None");
    Field config = spec.child("sessionAffinityConfig");
    if (affinity.text().equals("ClientIP")) {
      Field seconds = config.child("clientIP").child("timeoutSeconds");
      if (seconds.present() && (seconds.number() <= 0 || seconds.number() > DAY)) {
        seconds.invalid("must be greater than 0 and less than 86400");
      }
    } else if (config.present()) {
      config.forbidden("must not be set when session affinity is None");
    }
  }

  private static void policies(Field spec, String type) {
    Field external = spec.child("externalTrafficPolicy");
    boolean reachable =
        type.equals("NodePort")
            || type.equals("LoadBalancer")
            || (type.equals("ClusterIP") && !spec.child("externalIPs").blank());
    if (!reachable) {
      if (!external.blank()) {
        external.invalid("may only be set for externally-accessible services");
      }
    } else {
      external.neededOneOf("Cluster", "Local");
    }
    spec.child("internalTrafficPolicy").oneOf("Cluster", "Local");
    spec.child("healthCheckNodePort").nonNegative();
  }

  private static void update(Field spec, String type, JsonNode before) {
    String was = before.path("clusterIP").asText("");
    boolean stays =
        !type.equals("ExternalName")
            && !before.path("type").asText("").equals("ExternalName")
            && !was.isEmpty();
    if (stays && !spec.text("clusterIP").equals(was)) {
      Field addresses = spec.child("clusterIPs");
      addresses
          .errors()
          .invalid(addresses.path().index(0), addresses.json(), "may not change once set");
    }
  }
}
