package dev.coracle.client;

import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.ListOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The informers of one client, over any transport. Its clock times the pauses before a lost watch
 * is tried again: where a cluster's time is turned by hand, give it the machine's own.
 */
public final class InformerFactory implements Informers {

  private record Selection(GroupVersionResource resource, String namespace, ListOptions options) {

    // Written out, as that of GroupVersionResource is; nearly all select everything.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Selection that
          && resource.equals(that.resource)
          && namespace.equals(that.namespace)
          && (options == that.options || options.equals(that.options));
    }

    @Override
    public int hashCode() {
      return 31 * resource.hashCode() + namespace.hashCode();
    }
  }

  private final Client client;
  private final Clock clock;
  private final Map<Selection, WatchingInformer> informers = new HashMap<>();
  private boolean closed;

  public InformerFactory(Client client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public synchronized SharedInformer of(
      GroupVersionResource resource, String namespace, ListOptions selection) {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    return informers.computeIfAbsent(
        new Selection(resource, namespace, selection),
        key -> {
          WatchingInformer informer =
              new WatchingInformer(client, resource, namespace, selection, clock);
          informer.start();
          return informer;
        });
  }

  @Override
  public synchronized void stop(
      GroupVersionResource resource, String namespace, ListOptions selection) {
    WatchingInformer informer = informers.remove(new Selection(resource, namespace, selection));
    if (informer != null) {
      informer.close();
    }
  }

  @Override
  public void close() {
    List<WatchingInformer> running;
    synchronized (this) {
      closed = true;
      running = new ArrayList<>(informers.values());
      informers.clear();
    }
    running.forEach(WatchingInformer::close);
  }
}
