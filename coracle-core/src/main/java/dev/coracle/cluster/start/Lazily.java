package dev.coracle.cluster.start;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is made when it is asked for, once; a failure is thrown, and tried again the next time. */
public final class Lazily<T> implements Supplier<T> {

  private final Callable<T> making;
  private @Nullable T made;

  public Lazily(Callable<T> making) {
    this.making = making;
  }

  @Override
  public synchronized T get() {
    T known = made;
    if (known != null) {
      return known;
    }
    try {
      T now = making.call();
      made = now;
      return now;
    } catch (RuntimeException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
