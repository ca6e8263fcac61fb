package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.DescriptorInput;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The streams of an exec or an attach. */
final class ProcessStream implements ContainerStream {

  final DescriptorInput stdout = new DescriptorInput();
  final DescriptorInput stderr = new DescriptorInput();
  private final OutputStream stdin;
  private final int terminal;
  private final CompletableFuture<Integer> exit;
  private final Runnable closing;

  /**
   * @param terminal the master of its terminal, or -1
   */
  ProcessStream(
      OutputStream stdin, int terminal, CompletableFuture<Integer> exit, Runnable closing) {
    this.stdin = stdin;
    this.terminal = terminal;
    this.exit = exit;
    this.closing = closing;
  }

  @Override
  public OutputStream stdin() {
    return stdin;
  }

  @Override
  public InputStream stdout() {
    return stdout;
  }

  @Override
  public InputStream stderr() {
    return stderr;
  }

  @Override
  public void resize(int columns, int rows) {
    if (terminal < 0 || exit.isDone()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(8, 2);
      size.set(ValueLayout.JAVA_SHORT, 0, (short) rows);
      size.set(ValueLayout.JAVA_SHORT, 2, (short) columns);
      long unused = Linux.call(SystemCall.IOCTL, terminal, Constants.TIOCSWINSZ, size.address());
    }
  }

  @Override
  public int await() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    closing.run();
  }
}
