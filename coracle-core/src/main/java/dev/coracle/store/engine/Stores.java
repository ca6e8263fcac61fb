package dev.coracle.store.engine;

import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import dev.coracle.store.StoreFailedException;
import dev.coracle.store.StoreLockedException;
import java.nio.file.Path;

/** Opens the store of one process. */
public final class Stores {

  private Stores() {}

  /**
   * @param directory where the store's files are, made if it is missing; nobody else's files belong
   *     there. Not touched with {@link Durability#MEMORY}
   * @throws StoreLockedException when another store, here or in another process, has it open
   * @throws StoreFailedException when the files cannot be opened or read
   */
  public static Store open(Path directory, Durability durability) {
    return switch (durability) {
      case MEMORY -> new MemoryStore();
      case FSYNC -> EmbeddedStore.open(directory, History.Bounds.ofHeap());
    };
  }
}
