package dev.coracle.controller;

import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Many writes side by side. */
public final class Batches {

  /**
   * What became of a batch.
   *
   * @param failure the first one, or null
   */
  public record Result(int succeeded, @Nullable StatusException failure) {}

  /** One write. */
  public interface Write {
    void write(int index) throws StatusException;
  }

  private Batches() {}

  /**
   * Runs writes 0 to count-1 in batches of 1, 2, 4, ...: a failure ends it after its batch, so that
   * what cannot succeed (a quota is used up) is not tried a hundred times.
   */
  public static Result slowStart(int count, Write write) throws InterruptedException {
    int succeeded = 0;
    int size = 1;
    for (int start = 0; start < count; ) {
      int end = Math.min(count, start + size);
      Result batch = parallel(start, end, write);
      succeeded += batch.succeeded;
      if (batch.failure != null) {
        return new Result(succeeded, batch.failure);
      }
      start = end;
      size *= 2;
    }
    return new Result(succeeded, null);
  }

  /** Runs all writes, whatever becomes of the others. */
  public static Result parallel(int count, Write write) throws InterruptedException {
    return parallel(0, count, write);
  }

  private static Result parallel(int start, int end, Write write) throws InterruptedException {
    AtomicInteger succeeded = new AtomicInteger();
    AtomicReference<@Nullable StatusException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = start; i < end; i++) {
      int index = i;
      Runnable one =
          () -> {
            try {
              write.write(index);
              succeeded.incrementAndGet();
            } catch (StatusException e) {
              failure.compareAndSet(null, e);
            } catch (RuntimeException e) {
              failure.compareAndSet(null, StatusException.internal(String.valueOf(e)));
            }
          };
      if (end - start == 1) {
        one.run();
      } else {
        threads.add(Thread.startVirtualThread(one));
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return new Result(succeeded.get(), failure.get());
  }
}
