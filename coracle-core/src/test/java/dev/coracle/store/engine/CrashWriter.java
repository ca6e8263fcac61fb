package dev.coracle.store.engine;

import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * The process that {@link CrashTest} kills: {@code CrashWriter DIRECTORY SEED}. Its writers create,
 * update and delete keys of their own for ever, and say each acknowledged write on standard output,
 * one line each: {@code put KEY REVISION CHECKSUM} or {@code delete KEY REVISION}.
 */
final class CrashWriter {

  private static final int WRITERS = 24;
  private static final int KEYS_OF_A_WRITER = 40;

  private final Store store;
  private final FileOutputStream output = new FileOutputStream(FileDescriptor.out);

  private CrashWriter(Store store) {
    this.store = store;
  }

  public static void main(String[] arguments) throws Exception {
    Store store = Stores.open(Path.of(arguments[0]), Durability.FSYNC);
    CrashWriter writer = new CrashWriter(store);
    // What the test has seen is compacted while the writers run, so that kills meet this as well.
    store.compact(store.currentRevision());
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int number = i;
      Random random = new Random(Long.parseLong(arguments[1]) * 1000 + number);
      writers.add(Thread.ofVirtual().start(() -> writer.write(number, random)));
    }
    for (Thread thread : writers) {
      thread.join();
    }
  }

  private void write(int number, Random random) {
    while (true) {
      String key = "/registry/crash/" + number + "/" + random.nextInt(KEYS_OF_A_WRITER);
      Store.Entry existing = store.get(key);
      if (existing != null && random.nextInt(4) == 0) {
        say("delete " + key + " " + store.delete(key, existing.modRevision()));
        continue;
      }
      byte[] value = checked(random);
      Store.Entry now =
          existing == null
              ? store.create(key, value)
              : store.update(key, value, existing.modRevision());
      say("put " + key + " " + now.modRevision() + " " + checksum(value));
    }
  }

  private void say(String line) {
    synchronized (output) {
      try {
        output.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Random bytes, of up to 8 KiB, behind their own checksum. */
  private static byte[] checked(Random random) {
    byte[] body = new byte[random.nextInt(random.nextInt(8) == 0 ? 8192 : 1024)];
    random.nextBytes(body);
    return ByteBuffer.allocate(8 + body.length).putLong(checksum(body)).put(body).array();
  }

  /** Whether a value is whole, as one of the writers made it. */
  static boolean isWhole(byte[] value) {
    if (value.length < 8) {
      return false;
    }
    ByteBuffer buffer = ByteBuffer.wrap(value);
    long checksum = buffer.getLong();
    byte[] body = new byte[buffer.remaining()];
    buffer.get(body);
    return checksum == checksum(body);
  }

  static long checksum(byte[] value) {
    CRC32 crc = new CRC32();
    crc.update(value);
    return crc.getValue();
  }
}
