package dev.coracle.store.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.store.CompactedException;
import dev.coracle.store.Store;
import org.junit.jupiter.api.Test;

class MemoryStoreTest implements StoreContract, StoreWatchContract {

  @Override
  public Store open() {
    return new MemoryStore();
  }

  @Test
  void write_moreThanHistoryHolds_compactsTheOldest() {
    try (Store store = new MemoryStore(10, 1 << 20)) {
      for (int i = 0; i < 25; i++) {
        store.create("/k/" + i, StoreContract.bytes("v"));
      }
      assertThat(store.compactedRevision()).isEqualTo(15);
      assertThat(store.range("/k/", "", 0, 15).count()).isEqualTo(15);
      assertThatThrownBy(() -> store.range("/k/", "", 0, 14))
          .isInstanceOf(CompactedException.class);
    }
  }

  @Test
  void write_moreBytesThanHistoryHolds_compactsTheOldest() {
    try (Store store = new MemoryStore(1000, 10_000)) {
      long revision = store.create("/k", new byte[2000]).modRevision();
      for (int i = 0; i < 20; i++) {
        revision = store.update("/k", new byte[2000], revision).modRevision();
      }
      assertThat(store.compactedRevision()).isBetween(15L, 20L);
    }
  }
}
