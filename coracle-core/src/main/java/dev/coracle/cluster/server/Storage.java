package dev.coracle.cluster.server;

import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.Parts;
import dev.coracle.cluster.start.StartException;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.encryption.Encryption;
import dev.coracle.registry.local.MeasuredStore;
import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import dev.coracle.store.engine.Stores;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where objects are kept: the store of the data directory, enciphered as the options say.
 *
 * @param store what everybody reads and writes, measured
 * @param encryption with the health of its key services
 */
public record Storage(Store store, Encryption encryption) {

  /**
   * @throws StartException when the encryption's configuration is of no use
   */
  public static Storage open(ClusterOptions options, Path directory, Metrics metrics, Parts parts)
      throws IOException {
    Store plain = parts.keep(Stores.open(directory, durability(options)));
    Encryption encryption = encryption(options, plain, metrics, parts);
    return new Storage(new MeasuredStore(encryption.store(), metrics), encryption);
  }

  private static Encryption encryption(
      ClusterOptions options, Store store, Metrics metrics, Parts parts) {
    ApiServerOptions.Encryption wanted = options.server().encryption();
    if (wanted == null) {
      return Encryption.none(store, metrics);
    }
    try {
      return parts.keep(Encryption.open(store, wanted.config(), wanted.automaticReload(), metrics));
    } catch (IOException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  private static Durability durability(ClusterOptions options) {
    return switch (options.durability()) {
      case FSYNC -> Durability.FSYNC;
      case MEMORY -> Durability.MEMORY;
    };
  }

  /** What the options make of it, for those who watch the start. */
  public static String detail(ClusterOptions options) {
    return switch (options.durability()) {
      case FSYNC -> options.data().resolve("store") + ", every write on disk";
      case MEMORY -> "in memory: gone when the cluster stops";
    };
  }
}
