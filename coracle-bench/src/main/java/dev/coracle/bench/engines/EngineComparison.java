package dev.coracle.bench.engines;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/**
 * One measurement of one engine in a fresh JVM: {@code EngineComparison ENGINE DIRECTORY
 * open|single|group|fill|recover|verify|full [COUNT]}. Rows have 1 KiB; {@code fill} stops without
 * closing, as a crash does.
 */
public final class EngineComparison {

  private static final int BODY = 1024;
  private static final int ALL = 100_000;
  private static final int WRITERS = 128;

  private EngineComparison() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    long before = residentKilobytes();
    long start = System.nanoTime();
    Engine engine = Engine.open(arguments[0], directory);
    engine.append(List.of());
    System.out.printf(
        "%s open: %.0f ms, RSS %+d MB%n",
        arguments[0], (System.nanoTime() - start) / 1e6, (residentKilobytes() - before) / 1024);
    switch (arguments[2]) {
      case "single" -> single(engine, 3000);
      case "group" -> group(engine, 60_000);
      case "fill" -> {
        group(engine, arguments.length > 3 ? Integer.parseInt(arguments[3]) : ALL);
        Runtime.getRuntime().halt(0);
      }
      case "recover", "verify" -> recover(engine);
      case "full" -> full(engine, directory.resolve("ballast"));
      default -> {}
    }
    System.out.printf("  RSS %d MB%n", residentKilobytes() / 1024);
    engine.close();
  }

  private static void single(Engine engine, int count) throws Exception {
    long[] nanos = new long[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      engine.append(List.of(new Engine.Row(i + 1, body(i + 1))));
      nanos[i] = System.nanoTime() - start;
    }
    long total = Arrays.stream(nanos).sum();
    Arrays.sort(nanos);
    System.out.printf(
        "  one at a time: %.0f/s, p50 %d us, p99 %d us, max %d us%n",
        count * 1e9 / total,
        nanos[count / 2] / 1000,
        nanos[count * 99 / 100] / 1000,
        nanos[count - 1] / 1000);
  }

  private record Waiting(byte[] body, CompletableFuture<Long> done) {}

  private static void group(Engine engine, int count) throws Exception {
    LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    AtomicInteger left = new AtomicInteger(count);
    CountDownLatch writers = new CountDownLatch(WRITERS);
    long start = System.nanoTime();
    for (int i = 0; i < WRITERS; i++) {
      Thread.ofVirtual()
          .start(
              () -> {
                for (int number = left.getAndDecrement();
                    number > 0;
                    number = left.getAndDecrement()) {
                  Waiting waiting = new Waiting(body(number), new CompletableFuture<>());
                  queue.add(waiting);
                  waiting.done().join();
                }
                writers.countDown();
              });
    }
    int commits = 0;
    long longest = 0;
    for (long revision = 0; revision < count; commits++) {
      List<Waiting> batch = new ArrayList<>();
      batch.add(queue.take());
      queue.drainTo(batch);
      List<Engine.Row> rows = new ArrayList<>();
      for (Waiting waiting : batch) {
        rows.add(new Engine.Row(++revision, waiting.body()));
      }
      long began = System.nanoTime();
      engine.append(rows);
      longest = Math.max(longest, System.nanoTime() - began);
      for (Waiting waiting : batch) {
        waiting.done().complete(revision);
      }
    }
    writers.await();
    System.out.printf(
        "  %d writers: %.0f/s, %.1f per commit, longest commit %d ms%n",
        WRITERS,
        count * 1e9 / (System.nanoTime() - start),
        count / (double) commits,
        longest / 1_000_000);
  }

  /** For a directory on a small file system, with a file to delete when it is full. */
  private static void full(Engine engine, Path ballast) throws Exception {
    long revision = 0;
    String refusal = "";
    while (refusal.isEmpty()) {
      refusal = refusal(engine, revision + 1);
      revision += refusal.isEmpty() ? 1 : 0;
    }
    System.out.printf("  full after %d rows: %s%n", revision, refusal);
    Files.delete(ballast);
    for (int attempt = 1; attempt <= 3; attempt++) {
      refusal = refusal(engine, revision + 1);
      revision += refusal.isEmpty() ? 1 : 0;
      System.out.printf("  with room, write %d: %s%n", attempt, refusal.isEmpty() ? "ok" : refusal);
    }
    recover(engine);
  }

  private static String refusal(Engine engine, long revision) {
    try {
      engine.append(List.of(new Engine.Row(revision, body(revision))));
      return "";
    } catch (Exception e) {
      return e.toString();
    }
  }

  private static void recover(Engine engine) throws Exception {
    List<byte[]> bodies = new ArrayList<>();
    long[] last = {0};
    int[] damaged = {0};
    long start = System.nanoTime();
    engine.scan(
        (revision, body) -> {
          if (revision != last[0] + 1 || !intact(body)) {
            damaged[0]++;
          }
          last[0] = revision;
          bodies.add(body);
        });
    System.out.printf(
        "  scan: %.0f ms, %d rows up to %d, %d damaged%n",
        (System.nanoTime() - start) / 1e6, bodies.size(), last[0], damaged[0]);
  }

  private static byte[] body(long seed) {
    byte[] body = new byte[BODY];
    long state = seed * 0x9E3779B97F4A7C15L;
    for (int i = 4; i < BODY; i++) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      body[i] = (byte) ('a' + (state & 15));
    }
    int sum = checksum(body);
    for (int i = 0; i < 4; i++) {
      body[i] = (byte) (sum >>> (8 * i));
    }
    return body;
  }

  private static boolean intact(byte[] body) {
    int sum = 0;
    for (int i = 0; i < 4; i++) {
      sum |= (body[i] & 0xFF) << (8 * i);
    }
    return body.length == BODY && sum == checksum(body);
  }

  private static int checksum(byte[] body) {
    CRC32 crc = new CRC32();
    crc.update(body, 4, BODY - 4);
    return (int) crc.getValue();
  }

  private static long residentKilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }
}
