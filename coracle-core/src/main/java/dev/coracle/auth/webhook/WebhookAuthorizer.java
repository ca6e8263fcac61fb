package dev.coracle.auth.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.ExpressionCompiler.Compiled;
import dev.coracle.auth.SelectorRequirement;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks a webhook (SubjectAccessReview), and remembers its answers for a while. */
public final class WebhookAuthorizer implements Authorizer {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookAuthorizer.class);
  private static final int REMEMBERED = 8192;

  /** Longer requests are asked anew each time: they would fill the memory. */
  private static final int LONGEST_REMEMBERED = 10_000;

  /**
   * How a webhook is asked.
   *
   * @param version of the reviews: v1 or v1beta1
   * @param allowed how long an Allow is remembered
   * @param refused how long any other answer is
   * @param timeout of each try
   * @param onError the answer when there is none: NO_OPINION or DENY
   * @param conditions over {@code request}, the review's spec: all must be true, or it is not asked
   */
  public record Settings(
      String version,
      Duration allowed,
      Duration refused,
      Duration timeout,
      Decision onError,
      List<Compiled> conditions) {
    public Settings {
      conditions = List.copyOf(conditions);
    }
  }

  private record Known(Answer answer, Instant until) {}

  private final ReviewServer server;
  private final Settings settings;
  private final InstantSource clock;
  private final Map<JsonNode, Known> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JsonNode, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  public WebhookAuthorizer(ReviewServer server, Settings settings, InstantSource clock) {
    this.server = server;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public Answer authorize(AuthorizationAttributes attributes) {
    ObjectNode spec = spec(attributes);
    switch (matches(spec)) {
      case ALLOW -> {
        // It concerns the webhook.
      }
      case DENY -> {
        return new Answer(settings.onError(), "");
      }
      case NO_OPINION -> {
        return Answer.NO_OPINION;
      }
    }
    Instant now = clock.instant();
    synchronized (known) {
      Known before = known.get(spec);
      if (before != null && now.isBefore(before.until())) {
        return before.answer();
      }
    }
    ObjectNode review =
        Json.object()
            .put("kind", "SubjectAccessReview")
            .put("apiVersion", "authorization.k8s.io/" + settings.version());
    review.putObject("metadata");
    review.set("spec", spec);
    review.putObject("status").put("allowed", false);
    Answer answer;
    try {
      answer = answer(server.post(review, settings.timeout()).path("status"));
    } catch (IOException e) {
      LOG.warn("the authorization webhook failed: {}", e.getMessage());
      return new Answer(settings.onError(), String.valueOf(e.getMessage()));
    }
    Duration kept = answer.allowed() ? settings.allowed() : settings.refused();
    if (kept.isPositive() && Json.write(spec).length < LONGEST_REMEMBERED) {
      synchronized (known) {
        known.put(spec, new Known(answer, now.plus(kept)));
      }
    }
    return answer;
  }

  private static Answer answer(JsonNode status) throws IOException {
    boolean allowed = status.path("allowed").asBoolean(false);
    boolean denied = status.path("denied").asBoolean(false);
    if (allowed && denied) {
      throw new IOException("webhook subject access review returned both allow and deny response");
    }
    return new Answer(
        denied ? Decision.DENY : allowed ? Decision.ALLOW : Decision.NO_OPINION,
        status.path("reason").asText(""));
  }

  /** ALLOW when all conditions hold, NO_OPINION when one does not, DENY when one can't be told. */
  private Decision matches(ObjectNode spec) {
    boolean failed = false;
    for (Compiled condition : settings.conditions()) {
      try {
        if (!condition.evaluate(Map.of("request", spec)).asBoolean(false)) {
          return Decision.NO_OPINION;
        }
      } catch (IllegalArgumentException e) {
        LOG.debug("a match condition failed: {}", e.getMessage());
        failed = true;
      }
    }
    return failed ? Decision.DENY : Decision.ALLOW;
  }

  private static ObjectNode spec(AuthorizationAttributes attributes) {
    ObjectNode spec = Json.object();
    if (attributes.isResourceRequest()) {
      ObjectNode resource = spec.putObject("resourceAttributes");
      put(resource, "namespace", attributes.namespace());
      put(resource, "verb", attributes.verb());
      put(resource, "group", attributes.apiGroup());
      put(resource, "version", attributes.apiVersion());
      put(resource, "resource", attributes.resource());
      put(resource, "subresource", attributes.subresource());
      put(resource, "name", attributes.name());
      selector(resource, "fieldSelector", attributes.fieldSelector());
      selector(resource, "labelSelector", attributes.labelSelector());
    } else {
      ObjectNode path = spec.putObject("nonResourceAttributes");
      put(path, "path", attributes.path());
      put(path, "verb", attributes.verb());
    }
    put(spec, "user", attributes.user().name());
    strings(spec, "groups", attributes.user().groups());
    if (!attributes.user().extra().isEmpty()) {
      ObjectNode extra = spec.putObject("extra");
      attributes.user().extra().forEach((key, values) -> strings(extra, key, values));
    }
    put(spec, "uid", attributes.user().uid());
    return spec;
  }

  private static void put(ObjectNode node, String field, String value) {
    if (!value.isEmpty()) {
      node.put(field, value);
    }
  }

  private static void strings(ObjectNode node, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = node.putArray(field);
      values.forEach(array::add);
    }
  }

  private static void selector(
      ObjectNode resource, String field, List<SelectorRequirement> requirements) {
    if (requirements.isEmpty()) {
      return;
    }
    ArrayNode array = resource.putObject(field).putArray("requirements");
    for (SelectorRequirement requirement : requirements) {
      ObjectNode node =
          array.addObject().put("key", requirement.key()).put("operator", requirement.operator());
      strings(node, "values", requirement.values());
    }
  }
}
