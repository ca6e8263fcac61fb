package dev.coracle.bench.store;

import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import dev.coracle.store.engine.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Creates of 1 KiB, and ranges over 5 000 keys, newest and in the past. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 2, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx3g"})
@State(Scope.Benchmark)
public class StoreBenchmark {

  private static final String LISTED = "/registry/core/pods/default/";

  @Param({"MEMORY", "FSYNC"})
  public Durability durability = Durability.MEMORY;

  private final AtomicLong number = new AtomicLong();
  private final byte[] value = new byte[1024];
  private Path directory = Path.of("");
  private Store store = Stores.open(directory, Durability.MEMORY);
  private long past;

  @Setup
  public void open() throws IOException {
    new Random(1).nextBytes(value);
    directory = Files.createTempDirectory("coracle-bench-store");
    store = Stores.open(directory, durability);
    for (int i = 0; i < 5000; i++) {
      store.create(LISTED + "web-" + i, value);
    }
    past = store.currentRevision();
    for (int i = 0; i < 500; i++) {
      store.update(LISTED + "web-" + i, value, i + 1);
    }
  }

  @TearDown
  public void close() throws IOException {
    store.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Benchmark
  @Threads(1)
  public Store.Entry createOneAtATime() {
    return store.create("/registry/core/configmaps/one/" + number.incrementAndGet(), value);
  }

  @Benchmark
  @Threads(128)
  public Store.Entry create128Writers() {
    return store.create("/registry/core/configmaps/many/" + number.incrementAndGet(), value);
  }

  @Benchmark
  @Threads(1)
  public Store.Range range5000() {
    return store.range(LISTED, "", 0, 0);
  }

  @Benchmark
  @Threads(1)
  public Store.Range rangePage500InThePast() {
    return store.range(LISTED, LISTED + "web-2", 500, past);
  }
}
