package dev.coracle.store.engine;

import dev.coracle.store.Store;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what a watch tells. */
final class RecordingListener implements Store.Listener {

  private final List<Store.Change> told = new CopyOnWriteArrayList<>();
  volatile @Nullable Exception ended;

  @Override
  public void changed(Store.Change change) {
    told.add(change);
  }

  @Override
  public void ended(Exception cause) {
    ended = cause;
  }

  /** Everything but progress, such as {@code put /a@3} or {@code delete /a@4}. */
  List<String> changes() {
    return told.stream()
        .filter(change -> !(change instanceof Store.Change.Progress))
        .map(RecordingListener::describe)
        .toList();
  }

  List<Store.Change> told() {
    return List.copyOf(told);
  }

  long lastRevision() {
    return told.isEmpty() ? -1 : told.getLast().revision();
  }

  private static String describe(Store.Change change) {
    String verb = change instanceof Store.Change.Put ? "put " : "delete ";
    return verb + change.key() + "@" + change.revision();
  }
}
