package dev.coracle.registry;

import dev.coracle.api.AdmissionHook;
import dev.coracle.api.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What a registry is given.
 *
 * @param uids makes {@code metadata.uid}s
 * @param random for generated names and free addresses
 * @param serviceCidr the range of cluster IPs, such as {@code 10.96.0.0/16}
 * @param firstNodePort the first port for Services of type NodePort
 * @param lastNodePort the last one
 * @param eventTtl how long Events are kept
 * @param virtuals by kind: what answers the creates of TokenReview, SubjectAccessReview and the
 *     like, and by {@code serviceaccounts/token} TokenRequests
 * @param conversions reaches the webhooks that convert custom resources
 */
public record RegistryConfig(
    Clock clock,
    AdmissionHook admission,
    ObjectSchemas schemas,
    Supplier<String> uids,
    RandomGenerator random,
    String serviceCidr,
    int firstNodePort,
    int lastNodePort,
    Duration eventTtl,
    Map<String, VirtualResource> virtuals,
    ConversionWebhooks conversions) {

  public RegistryConfig {
    virtuals = Map.copyOf(virtuals);
  }

  /** Kubernetes' defaults. */
  public static RegistryConfig of(Clock clock, ObjectSchemas schemas) {
    return new RegistryConfig(
        clock,
        AdmissionHook.NONE,
        schemas,
        () -> UUID.randomUUID().toString(),
        new java.util.SplittableRandom(),
        "10.96.0.0/16",
        30000,
        32767,
        Duration.ofHours(1),
        Map.of(),
        ConversionWebhooks.NONE);
  }

  public RegistryConfig withAdmission(AdmissionHook hook) {
    return new RegistryConfig(
        clock,
        hook,
        schemas,
        uids,
        random,
        serviceCidr,
        firstNodePort,
        lastNodePort,
        eventTtl,
        virtuals,
        conversions);
  }

  public RegistryConfig withVirtuals(Map<String, VirtualResource> answers) {
    return new RegistryConfig(
        clock,
        admission,
        schemas,
        uids,
        random,
        serviceCidr,
        firstNodePort,
        lastNodePort,
        eventTtl,
        answers,
        conversions);
  }

  public RegistryConfig withServiceCidr(String cidr) {
    return new RegistryConfig(
        clock,
        admission,
        schemas,
        uids,
        random,
        cidr,
        firstNodePort,
        lastNodePort,
        eventTtl,
        virtuals,
        conversions);
  }

  public RegistryConfig withConversions(ConversionWebhooks webhooks) {
    return new RegistryConfig(
        clock,
        admission,
        schemas,
        uids,
        random,
        serviceCidr,
        firstNodePort,
        lastNodePort,
        eventTtl,
        virtuals,
        webhooks);
  }
}
