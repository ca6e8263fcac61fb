package dev.coracle.registry;

import dev.coracle.api.AdmissionHook;
import dev.coracle.api.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
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

  /** How long kube-apiserver keeps Events when it is not told. */
  public static final Duration EVENT_TTL = Duration.ofHours(1);

  public RegistryConfig {
    virtuals = Map.copyOf(virtuals);
  }

  /** Kubernetes' defaults. */
  public static RegistryConfig of(Clock clock, ObjectSchemas schemas) {
    return builder(clock, schemas).build();
  }

  /** Begins with Kubernetes' defaults. */
  public static Builder builder(Clock clock, ObjectSchemas schemas) {
    return new Builder(clock, schemas);
  }

  /** Sets what differs from the defaults. */
  public static final class Builder {

    private final Clock clock;
    private AdmissionHook admission = AdmissionHook.NONE;
    private final ObjectSchemas schemas;
    private String serviceCidr = "10.96.0.0/16";
    private Duration eventTtl = EVENT_TTL;
    private Map<String, VirtualResource> virtuals = Map.of();
    private ConversionWebhooks conversions = ConversionWebhooks.NONE;

    private Builder(Clock clock, ObjectSchemas schemas) {
      this.clock = clock;
      this.schemas = schemas;
    }

    public Builder admission(AdmissionHook value) {
      admission = value;
      return this;
    }

    public Builder serviceCidr(String value) {
      serviceCidr = value;
      return this;
    }

    public Builder eventTtl(Duration value) {
      eventTtl = value;
      return this;
    }

    public Builder virtuals(Map<String, VirtualResource> value) {
      virtuals = value;
      return this;
    }

    public Builder conversions(ConversionWebhooks value) {
      conversions = value;
      return this;
    }

    public RegistryConfig build() {
      return new RegistryConfig(
          clock,
          admission,
          schemas,
          () -> UUID.randomUUID().toString(),
          new SplittableRandom(),
          serviceCidr,
          30000,
          32767,
          eventTtl,
          virtuals,
          conversions);
    }
  }
}
