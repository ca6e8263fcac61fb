package dev.coracle.store.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import dev.coracle.store.StoreLockedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process in the middle of its writes, again and again on the same directory, and looks at
 * what is there: every acknowledged write with its bytes, nothing half, revisions dense and never
 * used twice.
 */
class CrashTest {

  private static final int KILLS = 24;
  private static final long SEED = 20261121;

  @TempDir Path temporary;

  /** What the store must hold at the revision up to which it has been checked. */
  private final TreeMap<String, String> state = new TreeMap<>();

  private final Map<Long, String> everAcknowledged = new HashMap<>();
  private long checked;

  @Test
  void kill_underConcurrentWrites_losesNothingAcknowledged() throws Exception {
    Path directory = temporary.resolve("store");
    Random random = new Random(SEED);
    long started = System.nanoTime();
    int unacknowledged = 0;
    for (int round = 0; round < KILLS; round++) {
      Map<Long, String> acknowledged = runAndKill(directory, round, random);
      unacknowledged += verify(directory, acknowledged, round);
    }
    assertThat(everAcknowledged).hasSizeGreaterThan(KILLS * 100);
    System.out.printf(
        "crash test: %d kills, %d acknowledged writes, all there; %d whole writes that were on disk"
            + " but not yet acknowledged; %.1f s%n",
        KILLS, everAcknowledged.size(), unacknowledged, (System.nanoTime() - started) / 1e9);
  }

  @Test
  void open_whileAnotherProcessHasIt_namesThatProcessUntilItDies() throws Exception {
    Path directory = temporary.resolve("store");
    Path errors = temporary.resolve("errors");
    Process process = start(directory, 0, errors);
    try {
      assertThat(process.inputReader().readLine()).as(() -> errors(errors)).isNotNull();
      StoreLockedException locked =
          catchThrowableOfType(
              StoreLockedException.class, () -> Stores.open(directory, Durability.FSYNC));
      assertThat(locked.holder()).isEqualTo(process.pid());
      assertThat(locked).hasMessage(directory + " is in use by process " + process.pid());
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    try (Store store = Stores.open(directory, Durability.FSYNC)) {
      assertThat(store.currentRevision()).isPositive();
    }
  }

  /** What the process acknowledged before it died, by revision. */
  private Map<Long, String> runAndKill(Path directory, int round, Random random) throws Exception {
    Path errors = temporary.resolve("errors-" + round);
    Process process = start(directory, round, errors);
    Map<Long, String> acknowledged = new HashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      if (round % 6 == 5) {
        // This one dies by the clock, perhaps while it opens the store.
        boolean ended = process.waitFor(50 + random.nextInt(400), TimeUnit.MILLISECONDS);
        assertThat(ended).as(() -> errors(errors)).isFalse();
      } else {
        int enough = 1 + random.nextInt(random.nextInt(3) == 0 ? 4000 : 400);
        for (int i = 0; i < enough; i++) {
          String line = lines.readLine();
          assertThat(line).as(() -> errors(errors)).isNotNull();
          acknowledge(line, acknowledged);
        }
      }
      // The handle's kill leaves the pipe open, as the process's own would not.
      process.toHandle().destroyForcibly();
      // What it had said already is still in the pipe; only whole lines count.
      StringBuilder rest = new StringBuilder();
      for (int character = lines.read(); character >= 0; character = lines.read()) {
        if (character == '\n') {
          acknowledge(rest.toString(), acknowledged);
          rest.setLength(0);
        } else {
          rest.append((char) character);
        }
      }
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    assertThat(process.exitValue()).as("killed by SIGKILL").isEqualTo(128 + 9);
    return acknowledged;
  }

  private void acknowledge(String line, Map<Long, String> acknowledged) {
    String[] words = line.split(" ", -1);
    long revision = Long.parseLong(words[2]);
    String write = words[0] + " " + words[1] + (words.length > 3 ? " " + words[3] : "");
    assertThat(everAcknowledged.put(revision, write)).as("revision %d", revision).isNull();
    acknowledged.put(revision, write);
  }

  /** How many whole writes were there that nobody had acknowledged. */
  private int verify(Path directory, Map<Long, String> acknowledged, int round) {
    int unacknowledged = 0;
    try (Store store = Stores.open(directory, Durability.FSYNC)) {
      List<Store.Change> changes = new ArrayList<>();
      store.watch("", checked, changes::add);
      for (Store.Change change : changes) {
        if (change instanceof Store.Change.Progress) {
          continue;
        }
        assertThat(change.revision()).as("round %d: dense", round).isEqualTo(checked + 1);
        checked = change.revision();
        String write = replay(change, round);
        String promised = acknowledged.remove(checked);
        if (promised == null) {
          unacknowledged++;
        } else {
          assertThat(write).as("round %d, revision %d", round, checked).isEqualTo(promised);
        }
      }
      assertThat(acknowledged).as("round %d: acknowledged, but not there", round).isEmpty();
      assertThat(store.currentRevision()).isEqualTo(checked);
      TreeMap<String, String> found = new TreeMap<>();
      for (Store.Entry entry : store.range("", "", 0, 0).entries()) {
        assertThat(CrashWriter.isWhole(entry.value())).as(entry.key()).isTrue();
        found.put(entry.key(), entry.modRevision() + " " + CrashWriter.checksum(entry.value()));
      }
      assertThat(found).as("round %d: state", round).isEqualTo(state);
    }
    return unacknowledged;
  }

  private String replay(Store.Change change, int round) {
    return switch (change) {
      case Store.Change.Put(Store.Entry now, _) -> {
        assertThat(CrashWriter.isWhole(now.value())).as("round %d: %s", round, now.key()).isTrue();
        long checksum = CrashWriter.checksum(now.value());
        state.put(now.key(), now.modRevision() + " " + checksum);
        yield "put " + now.key() + " " + checksum;
      }
      case Store.Change.Delete(Store.Entry last, _) -> {
        state.remove(last.key());
        yield "delete " + last.key();
      }
      case Store.Change.Progress _ -> throw new IllegalArgumentException("not a change");
    };
  }

  private static Process start(Path directory, int round, Path errors) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            CrashWriter.class.getName(),
            directory.toString(),
            Long.toString(SEED + round))
        .redirectError(errors.toFile())
        .start();
  }

  private static String errors(Path file) {
    try {
      return "the process ended by itself: " + Files.readString(file);
    } catch (IOException e) {
      return "the process ended by itself: " + e;
    }
  }
}
