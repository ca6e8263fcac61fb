package dev.coracle.cli.flags;

import dev.coracle.client.AddressPool;
import picocli.CommandLine.Option;

/** Where Services of type LoadBalancer get their addresses. */
public final class LoadBalancerOption {

  @Option(
      names = "--service-loadbalancer-pool",
      paramLabel = "RANGES",
      description =
          "IPv4 addresses for Services of type LoadBalancer, such as"
              + " 192.0.2.8/29,192.0.2.20-192.0.2.30; the machine answers for them (default: none,"
              + " such Services stay pending).")
  private String pool = "";

  /**
   * @throws IllegalArgumentException with a sentence
   */
  public AddressPool pool() {
    try {
      return pool.isEmpty() ? AddressPool.EMPTY : AddressPool.parse(pool);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--service-loadbalancer-pool: " + e.getMessage(), e);
    }
  }
}
