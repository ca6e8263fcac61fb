package dev.coracle.registry.encryption;

import dev.coracle.metrics.Family;
import dev.coracle.metrics.Metrics;
import dev.coracle.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encryption at rest as a server has it: the store that enciphers, and what becomes of changes of
 * the configuration.
 */
public final class Encryption implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Encryption.class);
  private static final long LOOK_AGAIN_MILLIS = 1000;

  private final EncryptingStore store;
  private final @Nullable Path file;
  private final Family.Counters reloads;
  private volatile Transformers transformers;
  private byte[] read = new byte[0];
  private @Nullable Thread watcher;

  private Encryption(
      EncryptingStore store, @Nullable Path file, Transformers transformers, Metrics metrics) {
    this.store = store;
    this.file = file;
    this.transformers = transformers;
    this.reloads =
        metrics.counters(
            "apiserver_encryption_config_controller_automatic_reloads_total",
            "[ALPHA] Reloads of the encryption configuration, by outcome.",
            "status");
  }

  /** No configuration: values are stored as they are, and enciphered ones are not handed out. */
  public static Encryption none(Store store, Metrics metrics) {
    return new Encryption(
        new EncryptingStore(store, Transformers.NONE), null, Transformers.NONE, metrics);
  }

  /**
   * Stores as a file says.
   *
   * @param reload whether the file is read again when it changes
   * @throws IOException in one sentence with all that is wrong with the file
   */
  public static Encryption open(Store store, Path file, boolean reload, Metrics metrics)
      throws IOException {
    Transformers transformers = Transformers.of(ConfigurationReader.read(file));
    Encryption encryption =
        new Encryption(new EncryptingStore(store, transformers), file, transformers, metrics);
    if (reload) {
      encryption.read = Files.readAllBytes(file);
      encryption.watcher = Thread.ofVirtual().name("encryption-config").start(encryption::watch);
    }
    return encryption;
  }

  /** The store that the registry writes to. */
  public Store store() {
    return store;
  }

  /**
   * The health checks of key management services, by name: why each is unwell, or null. With
   * reloads there is one for all of them, because they may change.
   */
  public Map<String, Supplier<@Nullable String>> healthChecks() {
    Map<String, Supplier<@Nullable String>> checks = new LinkedHashMap<>();
    if (watcher != null) {
      checks.put("kms-providers", this::unwell);
      return checks;
    }
    for (int i = 0; i < transformers.services().size(); i++) {
      checks.put("kms-provider-" + i, transformers.services().get(i)::unwell);
    }
    return checks;
  }

  private @Nullable String unwell() {
    List<String> failures = new ArrayList<>();
    for (KmsProvider service : transformers.services()) {
      String failure = service.unwell();
      if (failure != null) {
        failures.add(failure);
      }
    }
    return failures.isEmpty() ? null : String.join("; ", failures);
  }

  private void watch() {
    Path watched = file;
    if (watched == null) {
      return;
    }
    try {
      while (true) {
        Thread.sleep(LOOK_AGAIN_MILLIS);
        look(watched);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Path watched) {
    byte[] now;
    try {
      now = Files.readAllBytes(watched);
    } catch (IOException e) {
      return;
    }
    if (Arrays.equals(now, read)) {
      return;
    }
    read = now;
    try {
      Transformers others = Transformers.of(ConfigurationReader.read(watched));
      for (KmsProvider service : others.services()) {
        String failure = service.unwell();
        if (failure != null) {
          others.close();
          throw new IOException(failure);
        }
      }
      transformers = others;
      Transformers before = store.replace(others);
      before.close();
      reloads.of("success").increment();
      LOG.info("the encryption configuration was read again");
    } catch (IOException e) {
      reloads.of("failure").increment();
      LOG.error("the encryption configuration stays as it was: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    Thread running = watcher;
    if (running != null) {
      running.interrupt();
    }
    transformers.close();
  }
}
