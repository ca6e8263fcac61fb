package dev.coracle.store.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.OSInfo;

/**
 * Keeps SQLite's native library unpacked beside the data. The driver itself unpacks it from its jar
 * at each start, which costs 100 ms; one that is there already loads in a few.
 */
final class SqliteLibrary {

  private static final String PATH_PROPERTY = "org.sqlite.lib.path";
  private static final String NAME_PROPERTY = "org.sqlite.lib.name";

  private SqliteLibrary() {}

  /** Loads the library, once in a JVM; from where somebody else says, if somebody does. */
  static synchronized void load(Path directory) throws Exception {
    if (System.getProperty(PATH_PROPERTY) == null) {
      prepare(directory);
    }
    SQLiteJDBCLoader.initialize();
  }

  private static void prepare(Path directory) throws IOException {
    String name = System.mapLibraryName("sqlitejdbc");
    String resource =
        "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/" + name;
    Path library = directory.resolve(SQLiteJDBCLoader.getVersion() + "-" + name);
    if (!Files.exists(library) && !unpack(resource, library)) {
      return;
    }
    System.setProperty(PATH_PROPERTY, directory.toAbsolutePath().toString());
    System.setProperty(NAME_PROPERTY, library.getFileName().toString());
  }

  private static boolean unpack(String resource, Path library) throws IOException {
    try (InputStream packed = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (packed == null) {
        return false;
      }
      Path unpacking = library.resolveSibling(library.getFileName() + ".new");
      Files.copy(packed, unpacking, StandardCopyOption.REPLACE_EXISTING);
      Files.move(unpacking, library, StandardCopyOption.ATOMIC_MOVE);
      return true;
    }
  }
}
