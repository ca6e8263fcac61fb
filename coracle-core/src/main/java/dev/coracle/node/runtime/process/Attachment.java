package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.DescriptorInput;
import dev.coracle.node.linux.DescriptorOutput;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Somebody who reads and writes what a container's own process writes and reads. */
final class Attachment {

  private Attachment() {}

  static ContainerStream open(
      ProcessContainer container, boolean stdin, boolean stdout, boolean stderr) {
    DescriptorOutput input = container.stdin;
    OutputStream in = OutputStream.nullOutputStream();
    if (stdin && input != null) {
      in = container.config.stdinOnce() ? input : new Unclosed(input);
    }
    ProcessContainer.Tap[] own = new ProcessContainer.Tap[1];
    ProcessStream stream =
        new ProcessStream(
            in,
            container.terminal,
            container.ended.thenApply(ContainerStatus::exitCode),
            () -> {
              if (own[0] != null) {
                container.taps.remove(own[0]);
                own[0].end();
              }
            });
    own[0] =
        new ProcessContainer.Tap() {
          @Override
          public void data(String name, byte[] data) {
            boolean out = name.equals("stdout");
            DescriptorInput target = out ? stream.stdout : stream.stderr;
            if ((out ? stdout : stderr) && !target.isFull()) {
              target.feed(data);
            }
          }

          @Override
          public void end() {
            stream.stdout.end();
            stream.stderr.end();
          }
        };
    container.taps.add(own[0]);
    if (container.ended.isDone()) {
      own[0].end();
    }
    return stream;
  }

  /** Leaves the container's standard input open for the next who attaches. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] data, int start, int length) throws IOException {
      out.write(data, start, length);
    }

    @Override
    public void close() {}
  }
}
