package dev.coracle.scheduler.framework;

import dev.coracle.api.KubeObject;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Claims, volumes and what belongs to them, as scheduling sees them. */
public interface StorageView {

  @Nullable KubeObject claim(String namespace, String name);

  @Nullable KubeObject volume(String name);

  Collection<KubeObject> volumes();

  @Nullable KubeObject storageClass(String name);

  /** What a node's CSI drivers say of it. */
  @Nullable KubeObject csiNode(String node);

  /** No storage at all. */
  StorageView NONE =
      new StorageView() {
        @Override
        public @Nullable KubeObject claim(String namespace, String name) {
          return null;
        }

        @Override
        public @Nullable KubeObject volume(String name) {
          return null;
        }

        @Override
        public Collection<KubeObject> volumes() {
          return List.of();
        }

        @Override
        public @Nullable KubeObject storageClass(String name) {
          return null;
        }

        @Override
        public @Nullable KubeObject csiNode(String node) {
          return null;
        }
      };
}
