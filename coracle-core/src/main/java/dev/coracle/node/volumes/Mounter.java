package dev.coracle.node.volumes;

import java.io.IOException;
import java.nio.file.Path;

/** Mounts of the node itself. */
public interface Mounter {

  /**
   * Mounts memory at a directory.
   *
   * @param bytes 0 for the kernel's own limit
   * @return false when there is no right to; the directory is then used as it is
   */
  boolean mountMemory(Path directory, long bytes);

  /** Unmounts everything at and below a directory. */
  void unmount(Path directory);

  /** Unmounts everything at and below a directory and deletes it. */
  void remove(Path directory) throws IOException;

  /** Mounts nothing. */
  Mounter NONE =
      new Mounter() {
        @Override
        public boolean mountMemory(Path directory, long bytes) {
          return false;
        }

        @Override
        public void unmount(Path directory) {}

        @Override
        public void remove(Path directory) throws IOException {
          AtomicWriter.delete(directory);
        }
      };
}
