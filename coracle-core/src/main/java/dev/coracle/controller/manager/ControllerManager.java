package dev.coracle.controller.manager;

import dev.coracle.api.Clock;
import dev.coracle.client.Backoff;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informers;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts controllers side by side, each with its own identity, and starts one again that failed to
 * start.
 */
public final class ControllerManager implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ControllerManager.class);
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30));

  /** The identity of the manager's own informers, as in a kube-controller-manager. */
  public static final String IDENTITY = "system:kube-controller-manager";

  /** Who does what a kube-apiserver does in its own loops. */
  public static final String API_SERVER = "system:apiserver";

  /** The user name of a controller's ServiceAccount. */
  public static String identity(String controller) {
    return "system:serviceaccount:kube-system:" + controller;
  }

  /**
   * Makes a controller for each start.
   *
   * @param name of the controller
   * @param user who it is to the API
   */
  public record Factory(String name, String user, Function<ControllerContext, Controller> make) {}

  private final Function<String, Client> clients;
  private final Informers informers;
  private final Clock clock;
  private final List<Thread> starters = new ArrayList<>();
  private final List<Controller> running = new ArrayList<>();
  private final List<EventRecorder> recorders = new ArrayList<>();
  private boolean closed;

  /**
   * @param clients a client as the user of a name ({@link #identity})
   * @param informers of {@link #IDENTITY}; they stay open when this closes
   */
  public ControllerManager(Function<String, Client> clients, Informers informers, Clock clock) {
    this.clients = clients;
    this.informers = informers;
    this.clock = clock;
  }

  /** Starts controllers; returns at once. */
  public void start(List<Factory> factories) {
    for (Factory factory : factories) {
      synchronized (this) {
        starters.add(
            Thread.ofVirtual().name("start-" + factory.name()).start(() -> keepStarting(factory)));
      }
    }
  }

  /** Waits until every controller runs, or could not be started for now. */
  public void awaitStarted() throws InterruptedException {
    List<Thread> threads;
    synchronized (this) {
      threads = List.copyOf(starters);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Who tells, in a controller's events: mostly the controller by its name. */
  private static String eventSource(String controller) {
    return switch (controller) {
      case "disruption-controller" -> "controllermanager";
      case "generic-garbage-collector" -> "garbage-collector-controller";
      default -> controller;
    };
  }

  private void keepStarting(Factory factory) {
    Client client = clients.apply(factory.user());
    EventRecorder events = new EventRecorder(client, clock, eventSource(factory.name()), "");
    synchronized (this) {
      if (closed) {
        events.close();
        return;
      }
      recorders.add(events);
    }
    ControllerContext context = new ControllerContext(client, informers, clock, events);
    for (int failures = 1; ; failures++) {
      Controller controller = factory.make().apply(context);
      synchronized (this) {
        if (closed) {
          return;
        }
        running.add(controller);
      }
      try {
        controller.start();
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOG.warn("{} did not start; trying again", factory.name(), e);
        controller.stop();
        synchronized (this) {
          running.remove(controller);
        }
      }
      try {
        Thread.sleep(BACKOFF.after(failures));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() {
    List<Controller> controllers;
    synchronized (this) {
      closed = true;
      starters.forEach(Thread::interrupt);
      controllers = List.copyOf(running);
    }
    List<Thread> stopping = new ArrayList<>();
    controllers.forEach(controller -> stopping.add(Thread.startVirtualThread(controller::stop)));
    try {
      for (Thread thread : stopping) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      recorders.forEach(EventRecorder::close);
    }
  }
}
