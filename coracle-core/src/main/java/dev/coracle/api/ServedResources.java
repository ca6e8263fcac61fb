package dev.coracle.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is served, for admission: the resource of a kind, and the versions (and groups) in which the
 * same objects are served, for a policy or webhook may be about another one than a request names
 * ({@code matchPolicy: Equivalent}).
 */
public interface ServedResources {

  /**
   * A resource, and the kind of its bodies there.
   *
   * @param kind of the subresource, when that was asked for
   */
  record Served(GroupVersionResource resource, GroupVersionKind kind, boolean namespaced) {}

  /** The resource of a kind in exactly this version, or null. */
  @Nullable Served find(GroupVersionKind kind);

  /**
   * The objects of a resource as they are now, in no order. Without a copy, a right or a request:
   * for what every write has to know.
   */
  List<KubeObject> objects(GroupVersionResource resource);

  /** All that serve the objects of a resource, itself among them; empty when nothing does. */
  List<Served> of(GroupVersionResource resource, String subresource);

  /**
   * An object of one resource as the other has it; the given tree stays as it is.
   *
   * @throws StatusException when it cannot be converted
   */
  ObjectNode convert(ObjectNode object, GroupVersionResource from, GroupVersionResource to);

  /**
   * Reads an object that something outside has changed: drops what its kind does not know and sets
   * its defaults.
   *
   * @throws StatusException when it is none of its kind
   */
  ObjectNode reread(GroupVersionKind kind, GroupVersionResource resource, ObjectNode object);

  /** A server with nothing but the resource asked for. */
  ServedResources NONE =
      new ServedResources() {
        @Override
        public @Nullable Served find(GroupVersionKind kind) {
          return null;
        }

        @Override
        public List<KubeObject> objects(GroupVersionResource resource) {
          return List.of();
        }

        @Override
        public List<Served> of(GroupVersionResource resource, String subresource) {
          return List.of();
        }

        @Override
        public ObjectNode convert(
            ObjectNode object, GroupVersionResource from, GroupVersionResource to) {
          return object.deepCopy();
        }

        @Override
        public ObjectNode reread(
            GroupVersionKind kind, GroupVersionResource resource, ObjectNode object) {
          return object;
        }
      };
}
