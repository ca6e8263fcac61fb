package dev.coracle.apiserver.paths;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Supplier;

/**
 * What lets others verify this cluster's ServiceAccount tokens.
 *
 * @param configuration of {@code /.well-known/openid-configuration}
 * @param keys of {@code /openid/v1/jwks}: a JSON Web Key Set
 */
public record OpenIdDocuments(
    Supplier<? extends JsonNode> configuration, Supplier<? extends JsonNode> keys) {}
