package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A resource of which nothing is stored: a create is a question, such as a TokenReview. */
@FunctionalInterface
public interface VirtualResource {

  /**
   * @param namespace empty for cluster-scoped kinds
   * @param name of the object whose subresource is written ({@code token}); else empty
   * @param body decoded, defaulted, valid
   * @return the same kind, answered
   */
  ObjectNode create(RequestContext context, String namespace, String name, ObjectNode body);
}
