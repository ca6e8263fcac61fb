package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.ServedResources;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import java.io.Closeable;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Every resource's generic behaviour, below HTTP, authentication and authorization and above the
 * store. Failures are {@link dev.coracle.api.StatusException}s with the words of a kube-apiserver.
 * Namespace is the empty string for cluster-scoped resources, and in lists and watches for "all
 * namespaces".
 */
public interface Registry {

  /** The row that serves a resource in a version, or null. */
  @Nullable ResourceType find(String group, String version, String plural);

  /** All rows, built-in and from CRDs. */
  Collection<ResourceType> resources();

  /** What is served, and in which versions. */
  ServedResources served();

  /** Grows whenever {@link #resources()} changes: what discovery and OpenAPI may cache by. */
  long resourcesGeneration();

  /** The newest state. {@code resourceVersion} as in a get's query; may be empty. */
  KubeObject get(ResourceType type, String namespace, String name, String resourceVersion);

  ObjectList list(ResourceType type, String namespace, ListOptions options);

  /** Takes a watch's events, in order, without blocking. */
  interface WatchSink {
    /**
     * @return false when the watcher cannot keep up: it is then closed and told no more
     */
    boolean offer(WatchEvent event);

    /**
     * Takes events that stand before all that are offered from now on. They may be asked for later,
     * by one thread, when somebody wants them; when one cannot be had ({@link
     * dev.coracle.api.StatusException}), the watch ends with that error.
     *
     * @return as {@link #offer}
     */
    default boolean offerAll(Iterator<WatchEvent> events) {
      while (events.hasNext()) {
        if (!offer(events.next())) {
          return false;
        }
      }
      return true;
    }

    /**
     * Takes a view through which the watcher sees all events, in order, at the time when it takes
     * them: so what waits for it is what all watchers share. A view that fails ({@link
     * dev.coracle.api.StatusException}) ends the watch with that error.
     *
     * @return false when this sink wants events as they are to be seen
     */
    default boolean showThrough(UnaryOperator<List<WatchEvent>> view) {
      return false;
    }

    /**
     * The server ends the watch: timed out, overrun, or the history is gone (then an ERROR event
     * came before).
     */
    void ended();
  }

  /** A running watch. */
  interface Watch extends Closeable {
    @Override
    void close();
  }

  /**
   * Starts a watch. Initial events, and those between the asked-for revision and now, are offered
   * before this returns or soon after, then new ones as they happen.
   *
   * @throws dev.coracle.api.StatusException 410 {@code Expired} when the revision is compacted
   */
  Watch watch(ResourceType type, String namespace, ListOptions options, WatchSink sink);

  /**
   * What a write gave.
   *
   * @param created true when an update or an apply made the object anew (201 instead of 200)
   */
  record Written(KubeObject object, boolean created) {}

  /**
   * Creates an object, or writes to a create-only subresource ({@code binding}, {@code eviction},
   * {@code token}).
   *
   * @param subresource empty for the object itself
   * @param name empty for the object itself (it is in the body, or made from generateName)
   * @param body the caller's no more
   */
  Written create(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode body,
      WriteOptions options);

  /**
   * Creates objects that the server gives to every new cluster, one after the other, as {@link
   * #create} would, but without asking admission and without a namespace that is there: what they
   * need comes before them. Those that exist stay as they are. Not for kinds that take something
   * for their objects (addresses, ports).
   *
   * @throws dev.coracle.api.StatusException 422 when one is not valid; none is stored then
   */
  void plant(RequestContext context, List<Seed> seeds, WriteOptions options);

  Written update(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode body,
      WriteOptions options);

  /**
   * @param patch the body as it was sent (JSON; for {@code APPLY} JSON or YAML)
   */
  Written patch(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      PatchType patchType,
      byte[] patch,
      WriteOptions options);

  /**
   * What a deletion gave.
   *
   * @param object the object as it is now (still there, being deleted) or as it was last
   * @param gone whether it is removed
   * @param answersObject whether the answer is the object; else it is a {@code Status} (as for most
   *     kinds when the object is removed)
   */
  record Deleted(KubeObject object, boolean gone, boolean answersObject) {}

  Deleted delete(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      DeleteOptions options);

  ObjectList deleteCollection(
      RequestContext context,
      ResourceType type,
      String namespace,
      DeleteOptions options,
      ListOptions selection);

  /**
   * Asks admission whether a connection may be made ({@code exec}, {@code attach}, {@code
   * portforward}, {@code proxy}).
   *
   * @param options what is asked for, such as {@code PodExecOptions}
   * @throws dev.coracle.api.StatusException when it may not
   */
  void connect(
      RequestContext context,
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode options);

  /** A subresource's own reading ({@code scale}, {@code status}). */
  KubeObject getSubresource(ResourceType type, String namespace, String name, String subresource);
}
