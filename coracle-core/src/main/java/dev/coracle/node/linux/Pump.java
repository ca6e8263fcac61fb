package dev.coracle.node.linux;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Carries what processes write, from their descriptors, without a thread for each. */
public final class Pump {

  private final EventLoop loop;

  public Pump(EventLoop loop) {
    this.loop = loop;
  }

  /** Hands over all that comes, to a sink that takes everything at once. */
  public void copy(int descriptor, Consumer<byte[]> sink) {
    if (descriptor < 0) {
      return;
    }
    loop.add(
        descriptor,
        () -> {
          if (DescriptorInput.drain(descriptor, sink)) {
            loop.remove(descriptor);
          }
        });
  }

  /** Hands over what is left when the process has ended, and closes. */
  public void finish(int descriptor, Consumer<byte[]> sink) {
    if (descriptor >= 0) {
      boolean unused = DescriptorInput.drain(descriptor, sink);
      loop.remove(descriptor);
      Linux.close(descriptor);
    }
  }

  /** As {@link #copy}, but a full buffer stops the reading until somebody has read. */
  public void feed(int descriptor, DescriptorInput sink, CompletableFuture<Integer> exit) {
    if (descriptor < 0) {
      sink.end();
      return;
    }
    loop.add(
        descriptor,
        () -> {
          if (DescriptorInput.drain(descriptor, sink::feed)) {
            loop.remove(descriptor);
            sink.end();
          } else if (sink.isFull()) {
            loop.remove(descriptor);
            Thread.startVirtualThread(
                () -> {
                  sink.awaitRoom();
                  loop.execute(
                      () -> {
                        if (!exit.isDone()) {
                          feed(descriptor, sink, exit);
                        }
                      });
                });
          }
        });
  }
}
