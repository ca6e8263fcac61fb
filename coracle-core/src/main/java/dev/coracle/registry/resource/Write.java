package dev.coracle.registry.resource;

import dev.coracle.api.WriteOptions;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import java.time.Instant;

/**
 * A write under way.
 *
 * @param namespace empty for cluster-scoped resources
 * @param name empty while a created object has none yet
 * @param subresource empty for the object itself
 * @param now when it happens
 */
public record Write(
    RequestContext context,
    ResourceType type,
    String namespace,
    String name,
    String subresource,
    WriteOptions options,
    Instant now) {

  public Write named(String other) {
    return new Write(context, type, namespace, other, subresource, options, now);
  }

  public boolean dryRun() {
    return options.dryRun();
  }

  public boolean toStatus() {
    return subresource.equals("status");
  }

  /** The manager of the fields that it sets: as asked for, or the first word of the user agent. */
  public String manager() {
    if (!options.fieldManager().isEmpty()) {
      return options.fieldManager();
    }
    String agent = context.userAgent();
    int slash = agent.indexOf('/');
    String word = slash < 0 ? agent : agent.substring(0, slash);
    return word.isEmpty() ? "unknown" : word;
  }
}
