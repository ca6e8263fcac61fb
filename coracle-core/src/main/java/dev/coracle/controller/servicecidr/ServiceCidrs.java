package dev.coracle.controller.servicecidr;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** What networks the ServiceCIDRs have. Pure. */
final class ServiceCidrs {

  static final String MANAGED_BY = "ipaddress.kubernetes.io/managed-by";
  static final String FAMILY = "ipaddress.kubernetes.io/ip-family";
  static final String ALLOCATOR = "ipallocator.k8s.io";

  private ServiceCidrs() {}

  /** Its networks; validation has seen to their form. */
  static List<Cidr> networks(KubeObject serviceCidr) {
    List<Cidr> networks = new ArrayList<>();
    for (JsonNode cidr : serviceCidr.at("spec", "cidrs")) {
      networks.add(Cidr.parse(cidr.asText()));
    }
    return networks;
  }

  /** Those that have the address. */
  static List<KubeObject> containing(List<KubeObject> all, String ip) {
    return all.stream()
        .filter(one -> networks(one).stream().anyMatch(network -> network.contains(ip)))
        .toList();
  }

  /** Those with networks that share addresses with the one's. */
  static List<KubeObject> overlapping(List<KubeObject> all, KubeObject serviceCidr) {
    List<Cidr> own = networks(serviceCidr);
    return all.stream()
        .filter(
            other -> networks(other).stream().anyMatch(one -> own.stream().anyMatch(one::overlaps)))
        .toList();
  }

  /**
   * Whether a ServiceCIDR can go: others have all its networks, or all its addresses that are
   * allocated.
   */
  static boolean canGo(KubeObject serviceCidr, List<KubeObject> all, List<KubeObject> addresses) {
    List<KubeObject> others =
        all.stream().filter(other -> !other.name().equals(serviceCidr.name())).toList();
    List<Cidr> own = networks(serviceCidr);
    boolean covered =
        own.stream()
            .allMatch(
                network ->
                    others.stream()
                        .anyMatch(
                            other ->
                                networks(other).stream().anyMatch(one -> one.contains(network))));
    return covered
        || addresses.stream()
            .filter(ServiceCidrs::isAllocated)
            .filter(address -> own.stream().anyMatch(one -> one.contains(address.name())))
            .noneMatch(address -> containing(others, address.name()).isEmpty());
  }

  /** Whether the API server made the IPAddress, for a Service. */
  static boolean isAllocated(KubeObject ipAddress) {
    return ALLOCATOR.equals(ipAddress.labels().get(MANAGED_BY));
  }
}
