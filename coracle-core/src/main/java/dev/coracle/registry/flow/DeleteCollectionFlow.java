package dev.coracle.registry.flow;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.resource.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Deletion of many objects, each as if it were asked for alone. A few go one after the other in
 * their order; of more, several are under way at a time, since they then share the store's fsyncs
 * (kube-apiserver: {@code --delete-collection-workers}).
 */
public final class DeleteCollectionFlow {

  private static final int WORKERS = 32;
  private static final int FEW = WORKERS;

  private final DeleteFlow deleting;
  private final ReadFlow reading;

  public DeleteCollectionFlow(DeleteFlow deleting, ReadFlow reading) {
    this.deleting = deleting;
    this.reading = reading;
  }

  /**
   * Deletes what is selected.
   *
   * @return what was selected, as it was before
   * @throws StatusException the first failure; what comes after it is not begun any more
   */
  public ObjectList deleteCollection(
      RequestContext context,
      Resource resource,
      String namespace,
      DeleteOptions options,
      ListOptions selection) {
    resource.require("deletecollection");
    DeleteFlow.check(options);
    ObjectList chosen = reading.list(resource, namespace, selection);
    List<KubeObject> objects = List.copyOf(chosen.items());
    delete(context, resource, objects, options);
    return new ObjectList(
        objects, chosen.resourceVersion(), chosen.continueToken(), chosen.remainingItemCount());
  }

  /**
   * Deletes these; what is gone already is as good.
   *
   * @throws StatusException as above
   */
  public void delete(
      RequestContext context, Resource resource, List<KubeObject> objects, DeleteOptions options) {
    if (objects.size() <= FEW) {
      objects.forEach(object -> delete(context, resource, object, options));
      return;
    }
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    Callable<RequestContext> work =
        () -> {
          // What a request has to say is kept in collections for one thread.
          RequestContext own = RequestContext.of(context.user(), context.userAgent());
          try {
            for (int i; !failed.get() && (i = next.getAndIncrement()) < objects.size(); ) {
              delete(own, resource, objects.get(i), options);
            }
          } catch (RuntimeException e) {
            failed.set(true);
            throw e;
          }
          return own;
        };
    List<Future<RequestContext>> workers = new ArrayList<>(WORKERS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < WORKERS; i++) {
        workers.add(threads.submit(work));
      }
    }
    workers.forEach(worker -> told(worker, context));
  }

  private void delete(
      RequestContext context, Resource resource, KubeObject object, DeleteOptions options) {
    try {
      deleting.delete(context, resource, object.namespace(), object.name(), "", options);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  /** Passes on what a worker that is done had to say. */
  private static void told(Future<RequestContext> worker, RequestContext context) {
    switch (worker.state()) {
      case SUCCESS -> {
        RequestContext own = worker.resultNow();
        context.warnings().addAll(own.warnings());
        own.auditAnnotations().forEach(context.auditAnnotations()::putIfAbsent);
      }
      case FAILED -> {
        if (worker.exceptionNow() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException(worker.exceptionNow());
      }
      case RUNNING, CANCELLED -> throw new IllegalStateException("interrupted");
    }
  }
}
