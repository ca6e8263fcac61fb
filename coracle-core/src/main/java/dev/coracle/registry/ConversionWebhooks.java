package dev.coracle.registry;

import com.fasterxml.jackson.databind.JsonNode;

/** How the registry reaches the webhooks that convert custom resources. */
@FunctionalInterface
public interface ConversionWebhooks {

  /** A webhook did not answer; the message says why in Kubernetes' words. */
  final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    public Failure(String message) {
      super(message);
    }
  }

  /** For servers that reach none. */
  ConversionWebhooks NONE =
      (clientConfig, review) -> {
        throw new Failure("this server calls no webhooks");
      };

  /**
   * Posts a ConversionReview and gives the body of the answer.
   *
   * @param clientConfig as in {@code spec.conversion.webhook} of the CRD
   */
  byte[] post(JsonNode clientConfig, byte[] review) throws Failure;
}
