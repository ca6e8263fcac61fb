package dev.coracle.http;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands exchanges to the handler: on the event loop if it can answer there, else on a thread. */
final class Dispatcher {

  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private final HttpHandler handler;
  private final AtomicInteger running = new AtomicInteger();

  Dispatcher(HttpHandler handler) {
    this.handler = handler;
  }

  /** Called on the event loop. */
  void dispatch(Exchange exchange, boolean hasBody) {
    try {
      if (!hasBody && handler.tryHandleInline(exchange, exchange)) {
        return;
      }
    } catch (RuntimeException e) {
      LOG.warn("{} {}: {}", exchange.method(), exchange.rawPath(), e.toString(), e);
      exchange.handlerReturned(true);
      return;
    }
    running.incrementAndGet();
    Thread.startVirtualThread(() -> handle(exchange));
  }

  private void handle(Exchange exchange) {
    boolean failed = true;
    try {
      handler.handle(exchange, exchange);
      failed = false;
    } catch (IOException e) {
      LOG.debug("{} {}: {}", exchange.method(), exchange.rawPath(), e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception | StackOverflowError | AssertionError e) {
      LOG.warn("{} {}: {}", exchange.method(), exchange.rawPath(), e.toString(), e);
    } finally {
      running.decrementAndGet();
      exchange.handlerReturned(failed);
    }
  }

  /** Handlers at work on threads of their own. */
  int running() {
    return running.get();
  }
}
