package dev.coracle.proxy;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The one thread that serves every socket of a proxy. Everything that belongs to a connection is
 * touched by this thread alone, and nothing on it ever waits but for the selector.
 */
final class Loop implements Runnable {

  private static final long TICK_MILLIS = 1000;

  /** Something that waits for its channel. */
  interface Handler {

    /** The channel is ready for something of its interest. */
    void ready(SelectionKey key);

    /**
     * When the bytes that it holds last moved, in the clock's nanoseconds; {@link Long#MAX_VALUE}
     * when it holds none, or none that can be done without.
     */
    long waitingSince();

    /** Called about once a second. */
    void tick(long now);

    /** Goes on with what was put off by {@link #again}. */
    void advance();

    /** Ends it at once. */
    void close();
  }

  /** Of arrays in use: some 150 clients that take nothing. Others would have to wait for memory. */
  private static final long MOST_LENT_BYTES = 8 << 20;

  final Bytes.Pool pool = new Bytes.Pool();
  private final Selector selector;
  private final ArrayDeque<Handler> again = new ArrayDeque<>();
  private final ConcurrentLinkedQueue<Runnable> handed = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;
  private long now = System.nanoTime();

  Loop() throws IOException {
    selector = Selector.open();
  }

  SelectionKey register(SelectableChannel channel, int operations, Handler handler)
      throws IOException {
    return channel.register(selector, operations, handler);
  }

  /** When this turn began; nanoseconds. */
  long now() {
    return now;
  }

  /** Lets others have their turn first. */
  void again(Handler handler) {
    again.add(handler);
  }

  /** To be run on the loop; from any thread. */
  void hand(Runnable task) {
    handed.add(task);
    selector.wakeup();
  }

  @Override
  public void run() {
    long ticked = System.nanoTime();
    try {
      while (!closed) {
        select();
        for (int left = again.size(); left > 0; left--) {
          Handler handler = again.poll();
          if (handler != null) {
            safely(handler, null);
          }
        }
        for (Runnable task = handed.poll(); task != null; task = handed.poll()) {
          task.run();
        }
        relieve();
        if (now - ticked >= TICK_MILLIS * 1_000_000) {
          ticked = now;
          for (SelectionKey key : selector.keys()) {
            if (key.isValid()) {
              ((Handler) key.attachment()).tick(now);
            }
          }
        }
      }
    } catch (IOException e) {
      System.err.println("error: " + e.getMessage());
    } finally {
      end();
    }
  }

  private void select() throws IOException {
    if (!again.isEmpty()) {
      selector.selectNow();
    } else {
      // The listener alone has nothing that could be late.
      selector.select(selector.keys().size() > 1 ? TICK_MILLIS : 0);
    }
    now = System.nanoTime();
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (key.isValid()) {
        safely((Handler) key.attachment(), key);
      }
    }
  }

  /** Ends those that have held bytes without moving for longest, when too much is held. */
  private void relieve() {
    while (pool.lent() > MOST_LENT_BYTES) {
      Handler oldest = null;
      long since = Long.MAX_VALUE;
      for (SelectionKey key : selector.keys()) {
        Handler handler = (Handler) key.attachment();
        long waiting = key.isValid() ? handler.waitingSince() : Long.MAX_VALUE;
        if (waiting != Long.MAX_VALUE && (oldest == null || waiting - since < 0)) {
          oldest = handler;
          since = waiting;
        }
      }
      if (oldest == null) {
        return;
      }
      oldest.close();
    }
  }

  /** A fault of one connection must not be the end of all. */
  @SuppressWarnings("PMD.AvoidCatchingGenericException")
  private static void safely(Handler handler, @org.jspecify.annotations.Nullable SelectionKey key) {
    try {
      if (key == null) {
        handler.advance();
      } else {
        handler.ready(key);
      }
    } catch (RuntimeException e) {
      System.err.println("error: " + e);
      handler.close();
    }
  }

  private void end() {
    closed = true;
    try {
      for (SelectionKey key : selector.keys()) {
        ((Handler) key.attachment()).close();
      }
      selector.close();
    } catch (IOException e) {
      System.err.println("error: " + e.getMessage());
    }
  }

  /** Ends the thread and closes all channels. */
  void close() {
    closed = true;
    selector.wakeup();
  }
}
