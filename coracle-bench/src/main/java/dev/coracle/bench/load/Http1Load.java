package dev.coracle.bench.load;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** GETs over plain HTTP/1.1, one connection per thread: what applications do to an ambassador. */
public final class Http1Load {

  private Http1Load() {}

  public static LoadResult run(String host, int port, String path, int connections, int seconds)
      throws InterruptedException {
    AtomicLong count = new AtomicLong();
    AtomicLong failures = new AtomicLong();
    long began = System.nanoTime();
    long end = began + seconds * 1_000_000_000L;
    Thread[] threads = new Thread[connections];
    for (int i = 0; i < connections; i++) {
      threads[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Socket socket = new Socket(host, port)) {
                      socket.setTcpNoDelay(true);
                      byte[] request =
                          ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                              .getBytes(StandardCharsets.US_ASCII);
                      InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
                      while (System.nanoTime() < end) {
                        socket.getOutputStream().write(request);
                        (answer(in) ? count : failures).incrementAndGet();
                      }
                    } catch (IOException e) {
                      failures.incrementAndGet();
                    }
                  });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return new LoadResult(
        count.get(), 0, failures.get(), (System.nanoTime() - began) / 1e9, new Latencies());
  }

  private static boolean answer(InputStream in) throws IOException {
    boolean good = line(in).contains(" 200");
    int length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      } else if (header.regionMatches(true, 0, "transfer-encoding:", 0, 18)) {
        throw new IOException("a chunked answer was not expected");
      }
    }
    in.skipNBytes(length);
    return good;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the connection ended");
      }
      if (next == '\n') {
        return line.toString();
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
  }
}
