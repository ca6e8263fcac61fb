package dev.coracle.registry.flow;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.registry.cache.ObjectTree;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.cache.StoredJson;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.registry.resource.Conversion;
import dev.coracle.registry.resource.Resource;
import dev.coracle.store.CompactedException;
import dev.coracle.store.FutureRevisionException;
import dev.coracle.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Get and list: which state of the cache is read, and which part of it. */
public final class ReadFlow {

  /** How long a reader waits for a revision that has not come yet. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** How many objects are converted at once where that means to ask others. */
  private static final int BATCH = 500;

  private static final String TOO_OLD =
      "The provided continue parameter is too old to display a consistent list result. You can"
          + " start a new list without the continue parameter, or use the continue token in this"
          + " response to retrieve the remainder of the results. Continuing with the provided"
          + " token results in an inconsistent list - objects that were created, modified, or"
          + " deleted between the time the first chunk was returned and now may show up in the"
          + " list.";

  private final ObjectStore objects;

  public ReadFlow(ObjectStore objects) {
    this.objects = objects;
  }

  public KubeObject get(Resource resource, String namespace, String name, String resourceVersion) {
    resource.require("get");
    long revision = Options.revision(resourceVersion, false);
    if (revision > 0) {
      resource.stored().awaitRevision(revision, PATIENCE);
    }
    return objects.get(resource, namespace, name);
  }

  public ObjectList list(Resource resource, String namespace, ListOptions options) {
    resource.require("list");
    Options.check(options, false);
    Selection selection = Options.selection(resource.type(), options);
    int limit = Math.max(0, options.limit());
    if (!options.continueToken().isEmpty()) {
      return next(resource, namespace, options, selection, limit);
    }
    long revision = Options.revision(options.resourceVersion(), false);
    boolean exact =
        options.resourceVersionMatch().equals("Exact")
            || options.resourceVersionMatch().isEmpty() && limit > 0 && revision > 0;
    if (exact) {
      State state = exact(resource, namespace, revision);
      if (state == null) {
        throw StatusException.expired("The resourceVersion for the provided list is too old.");
      }
      return page(resource, namespace, "", state, selection, limit);
    }
    WatchCache.Snapshot snapshot =
        options.resourceVersion().isEmpty()
            ? resource.stored().snapshot()
            : resource.stored().awaitRevision(revision, PATIENCE);
    objects.requireReadable(resource, namespace);
    return page(resource, namespace, "", State.of(snapshot), selection, limit);
  }

  private ObjectList next(
      Resource resource, String namespace, ListOptions options, Selection selection, int limit) {
    if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0")) {
      throw StatusException.badRequest(
          "specifying resource version is not allowed when using continue");
    }
    ContinueToken token = ContinueToken.decode(options.continueToken());
    State state =
        token.revision() < 0
            ? State.of(resource.stored().snapshot())
            : exact(resource, namespace, token.revision());
    if (state == null) {
      throw StatusException.expired(TOO_OLD, new ContinueToken(-1, token.start()).encode());
    }
    return page(resource, namespace, token.start(), state, selection, limit);
  }

  /** Objects and the revision at which they stood so. */
  private record State(ObjectTree tree, long revision) {
    static State of(WatchCache.Snapshot snapshot) {
      return new State(snapshot.tree(), snapshot.revision());
    }
  }

  /** The state at a revision, from the cache's history or else the store's; null when gone. */
  private @Nullable State exact(Resource resource, String namespace, long revision) {
    resource.stored().awaitRevision(revision, PATIENCE);
    boolean forgotten = revision < objects.store().compactedRevision();
    ObjectTree known = forgotten ? null : resource.stored().at(revision);
    if (known != null) {
      return new State(known, revision);
    }
    String prefix = resource.type().storePrefix() + (namespace.isEmpty() ? "" : namespace + "/");
    try {
      List<KubeObject> past = new ArrayList<>();
      for (Store.Entry entry : objects.store().range(prefix, "", 0, revision).entries()) {
        past.add(StoredJson.object(entry));
      }
      return new State(ObjectTree.ofSorted(past), revision);
    } catch (CompactedException | FutureRevisionException e) {
      return null;
    }
  }

  private static ObjectList page(
      Resource resource,
      String namespace,
      String start,
      State state,
      Selection selection,
      int limit) {
    Page page = new Page(resource, namespace, selection, limit);
    String fromNamespace = namespace;
    String fromName = start;
    if (namespace.isEmpty() && resource.type().namespaced()) {
      int slash = start.indexOf('/');
      fromNamespace = slash < 0 ? start : start.substring(0, slash);
      fromName = slash < 0 ? "" : start.substring(slash + 1);
    }
    state.tree().from(fromNamespace, fromName, page::add);
    page.flush();
    KubeObject last = page.lastBeforeMore;
    if (last == null) {
      return new ObjectList(page.items, state.revision(), null, null);
    }
    String lastKey =
        namespace.isEmpty() && resource.type().namespaced()
            ? last.namespace() + "/" + last.name()
            : last.name();
    Long remaining = selection == Selection.ALL ? remaining(state.tree(), namespace, last) : null;
    return new ObjectList(
        page.items,
        state.revision(),
        new ContinueToken(state.revision(), lastKey + '\0').encode(),
        remaining);
  }

  private static long remaining(ObjectTree tree, String namespace, KubeObject last) {
    int end = namespace.isEmpty() ? tree.size() : tree.rank(namespace, "\uffff");
    return end - tree.rank(last.namespace(), last.name() + '\0');
  }

  /** Collects matching objects until the limit, and sees whether there are more. */
  private static final class Page {
    private final Resource resource;
    private final String namespace;
    private final Selection selection;
    private final int limit;
    private final List<KubeObject> items = new ArrayList<>();
    private final List<KubeObject> waiting = new ArrayList<>();
    private @Nullable KubeObject last;
    private @Nullable KubeObject lastBeforeMore;

    Page(Resource resource, String namespace, Selection selection, int limit) {
      this.resource = resource;
      this.namespace = namespace;
      this.selection = selection;
      this.limit = limit;
    }

    /** Takes the next object; false when no more is wanted. */
    boolean add(KubeObject stored) {
      if (!namespace.isEmpty() && !stored.namespace().equals(namespace)) {
        return false;
      }
      Conversion conversion = resource.conversion();
      if (conversion == null || !conversion.isSlow()) {
        return accept(ObjectStore.served(resource, stored));
      }
      waiting.add(stored);
      return waiting.size() < batch() || flush();
    }

    /** How many are best converted at once: never many more than the page may take. */
    private int batch() {
      return selection == Selection.ALL && limit > 0
          ? Math.clamp(limit + 1L - items.size(), 1, BATCH)
          : BATCH;
    }

    /** Converts and takes those that wait for it; false when no more is wanted. */
    boolean flush() {
      Conversion conversion = resource.conversion();
      if (conversion == null || waiting.isEmpty() || lastBeforeMore != null) {
        return lastBeforeMore == null;
      }
      List<KubeObject> converted = conversion.served(waiting);
      waiting.clear();
      for (KubeObject object : converted) {
        if (!accept(object)) {
          return false;
        }
      }
      return true;
    }

    private boolean accept(KubeObject object) {
      if (!selection.matches(object)) {
        return true;
      }
      if (limit > 0 && items.size() == limit) {
        lastBeforeMore = last;
        return false;
      }
      items.add(object);
      last = object;
      return true;
    }
  }
}
