package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.cache.ObjectTree;
import dev.coracle.registry.resource.Resource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster IPs there are and who has them: the ranges are those of the ServiceCIDRs that are
 * ready; an address is taken by the Service that says so and by the IPAddress of its name, whoever
 * made that (KEP-1880).
 *
 * <p>Guarded by itself.
 */
final class ServiceAddresses {

  private static final String DEFAULT = "kubernetes";

  /** How an address could be had. */
  enum Answer {
    TAKEN,
    OUT_OF_RANGES,
    OUT_OF_RANGE,
    ALLOCATED
  }

  private final AddressRange standard;
  private final RandomGenerator random;
  private final Supplier<Resource> serviceCidrs;
  private final Supplier<Resource> ipAddresses;
  private final Map<String, String> holders = new HashMap<>();
  private final Set<String> beingWritten = new HashSet<>();
  private @Nullable ObjectTree rangesOf;
  private List<AddressRange> ranges = List.of();

  /**
   * @param cidr the range until there is a ServiceCIDR {@code kubernetes}
   */
  ServiceAddresses(
      String cidr,
      RandomGenerator random,
      Supplier<Resource> serviceCidrs,
      Supplier<Resource> ipAddresses) {
    this.standard = new AddressRange(cidr);
    this.random = random;
    this.serviceCidrs = serviceCidrs;
    this.ipAddresses = ipAddresses;
  }

  boolean isIpv6() {
    return standard.network().isIpv6();
  }

  /** A Service that is stored has the address. */
  synchronized void holds(String ip, String service) {
    holders.putIfAbsent(ip, service);
  }

  synchronized boolean isHeldBy(String ip, String service) {
    return service.equals(holders.get(ip));
  }

  /** An address nobody has, or null when the ranges are full; it is not taken yet. */
  synchronized @Nullable String free() {
    ObjectTree objects = ipAddresses.get().stored().snapshot().tree();
    long most = holders.size() + beingWritten.size() + (long) objects.size();
    for (AddressRange range : ranges()) {
      String ip = range.free(one -> isTaken(one, objects), most, random);
      if (ip != null) {
        return ip;
      }
    }
    return null;
  }

  /**
   * Gives an address to a Service. Its IPAddress is to be written now: {@link #written} ends that.
   */
  synchronized Answer take(String ip, String service) {
    List<AddressRange> having = new ArrayList<>(ranges());
    having.removeIf(range -> !range.network().contains(ip));
    if (having.isEmpty()) {
      return Answer.OUT_OF_RANGES;
    }
    if (having.stream().noneMatch(range -> range.offers(ip))) {
      return Answer.OUT_OF_RANGE;
    }
    if (isTaken(ip, ipAddresses.get().stored().snapshot().tree())) {
      return Answer.ALLOCATED;
    }
    holders.put(ip, service);
    beingWritten.add(ip);
    return Answer.TAKEN;
  }

  private boolean isTaken(String ip, ObjectTree objects) {
    return holders.containsKey(ip) || beingWritten.contains(ip) || objects.get("", ip) != null;
  }

  /**
   * An IPAddress of somebody else is to be written: {@link #written} ends that.
   *
   * @return false when one of the name is being written
   */
  synchronized boolean reserve(String ip) {
    return beingWritten.add(ip);
  }

  synchronized void written(String ip) {
    beingWritten.remove(ip);
  }

  synchronized void release(String ip, String service) {
    holders.remove(ip, service);
  }

  /** The range that contains the address, for messages; null when there is none. */
  synchronized @Nullable Cidr rangeOf(String ip) {
    return ranges().stream()
        .map(AddressRange::network)
        .filter(network -> network.contains(ip))
        .findFirst()
        .orElse(null);
  }

  private List<AddressRange> ranges() {
    ObjectTree tree = serviceCidrs.get().stored().snapshot().tree();
    if (tree == rangesOf) {
      return ranges;
    }
    List<AddressRange> found = new ArrayList<>();
    if (tree.get("", DEFAULT) == null) {
      found.add(standard);
    }
    tree.forEach(
        object -> {
          if (isReady(object)) {
            for (JsonNode cidr : object.at("spec", "cidrs")) {
              AddressRange range = new AddressRange(cidr.asText());
              if (range.network().isIpv6() == standard.network().isIpv6()) {
                found.add(object.name().equals(DEFAULT) ? 0 : found.size(), range);
              }
            }
          }
        });
    rangesOf = tree;
    ranges = List.copyOf(found);
    return ranges;
  }

  /** Ready until told otherwise: nobody tells where no controllers run. */
  private static boolean isReady(KubeObject serviceCidr) {
    if (serviceCidr.isDeleting()) {
      return false;
    }
    for (JsonNode condition : serviceCidr.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return true;
  }
}
