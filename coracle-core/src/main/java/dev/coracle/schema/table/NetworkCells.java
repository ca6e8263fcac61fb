package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Services and what leads to them. */
final class NetworkCells {

  private NetworkCells() {}

  static void add(String kind, Row row) {
    row.name();
    switch (kind) {
      case "Service" ->
          row.add(row.text("spec", "type"))
              .add(clusterIp(row))
              .add(externalIp(row))
              .add(Row.or(ports(row), Row.NONE))
              .age()
              .add(Row.labels(row.at("spec", "selector")));
      case "Endpoints" -> row.add(endpoints(row)).age();
      case "EndpointSlice" ->
          row.add(row.text("addressType")).add(slicePorts(row)).add(sliceAddresses(row)).age();
      case "Ingress" ->
          row.add(
                  Row.or(
                      row.text("spec", "ingressClassName"),
                      Row.or(
                          row.at("metadata", "annotations")
                              .path("kubernetes.io/ingress.class")
                              .asText(""),
                          Row.NONE)))
              .add(hosts(row))
              .add(balancers(row.at("status", "loadBalancer")))
              .add(row.at("spec", "tls").isEmpty() ? "80" : "80, 443")
              .age();
      case "IngressClass" -> row.add(row.text("spec", "controller")).add(parameters(row)).age();
      case "NetworkPolicy" -> row.add(Row.selector(row.at("spec", "podSelector"))).age();
      case "IPAddress" -> row.add(parent(row));
      case "ServiceCIDR" -> row.add(String.join(",", Row.texts(row.at("spec", "cidrs")))).age();
      default -> row.created();
    }
  }

  private static String clusterIp(Row row) {
    String first = row.at("spec", "clusterIPs").path(0).asText("");
    return Row.or(Row.or(first, row.text("spec", "clusterIP")), Row.NONE);
  }

  private static String externalIp(Row row) {
    String addresses = String.join(",", Row.texts(row.at("spec", "externalIPs")));
    return switch (row.text("spec", "type")) {
      case "LoadBalancer" -> {
        String balancers = balancers(row.at("status", "loadBalancer"));
        String both =
            balancers.isEmpty() || addresses.isEmpty()
                ? balancers + addresses
                : balancers + "," + addresses;
        yield Row.or(both, "<pending>");
      }
      case "ExternalName" -> row.text("spec", "externalName");
      default -> Row.or(addresses, Row.NONE);
    };
  }

  private static String balancers(JsonNode loadBalancer) {
    Set<String> places = new LinkedHashSet<>();
    for (JsonNode ingress : loadBalancer.path("ingress")) {
      String place = Row.or(ingress.path("ip").asText(""), ingress.path("hostname").asText(""));
      if (!place.isEmpty()) {
        places.add(place);
      }
    }
    return String.join(",", places);
  }

  private static String ports(Row row) {
    List<String> ports = new ArrayList<>();
    for (JsonNode port : row.at("spec", "ports")) {
      long node = port.path("nodePort").asLong(0);
      ports.add(
          port.path("port").asText()
              + (node > 0 ? ":" + node : "")
              + "/"
              + port.path("protocol").asText());
    }
    return String.join(",", ports);
  }

  private static String endpoints(Row row) {
    List<String> list = new ArrayList<>();
    for (JsonNode subset : row.at("subsets")) {
      JsonNode ports = subset.path("ports");
      for (JsonNode address : subset.path("addresses")) {
        if (ports.isEmpty()) {
          list.add(address.path("ip").asText(""));
        }
      }
      for (JsonNode port : ports) {
        for (JsonNode address : subset.path("addresses")) {
          String ip = address.path("ip").asText("");
          list.add((ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip) + ":" + port.path("port").asText());
        }
      }
    }
    return Row.three(list, Row.NONE);
  }

  private static String slicePorts(Row row) {
    List<String> ports = new ArrayList<>();
    for (JsonNode port : row.at("ports")) {
      ports.add(
          port.path("port").isNumber()
              ? port.path("port").asText()
              : port.path("name").asText("").isEmpty() ? "*" : port.path("name").asText());
    }
    return Row.three(ports, Row.UNSET);
  }

  private static String sliceAddresses(Row row) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode endpoint : row.at("endpoints")) {
      addresses.addAll(Row.texts(endpoint.path("addresses")));
    }
    return Row.three(addresses, Row.UNSET);
  }

  private static String hosts(Row row) {
    List<String> hosts = new ArrayList<>();
    for (JsonNode rule : row.at("spec", "rules")) {
      String host = rule.path("host").asText("");
      if (!host.isEmpty()) {
        hosts.add(host);
      }
    }
    return Row.three(hosts, "*");
  }

  private static String parameters(Row row) {
    JsonNode given = row.at("spec", "parameters");
    if (!given.isObject()) {
      return Row.NONE;
    }
    String group = given.path("apiGroup").asText("");
    return given.path("kind").asText("")
        + (group.isEmpty() ? "" : "." + group)
        + "/"
        + given.path("name").asText("");
  }

  private static String parent(Row row) {
    JsonNode parent = row.at("spec", "parentRef");
    String group = parent.path("group").asText("");
    String namespace = parent.path("namespace").asText("");
    return parent.path("resource").asText("")
        + (group.isEmpty() ? "" : "." + group)
        + "/"
        + (namespace.isEmpty() ? "" : namespace + "/")
        + parent.path("name").asText("");
  }
}
