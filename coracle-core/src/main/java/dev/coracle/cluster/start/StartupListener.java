package dev.coracle.cluster.start;

/** Told how a start goes, in order, while it goes. */
public interface StartupListener {

  /**
   * A part is up.
   *
   * @param part such as {@code store}
   * @param detail what a user wants to know of it, such as the address
   * @param millis since the start began
   */
  void started(String part, String detail, long millis);

  /** Something works less well than it could; one sentence that says what and why. */
  void degraded(String what);

  /** Says nothing. */
  StartupListener SILENT =
      new StartupListener() {
        @Override
        public void started(String part, String detail, long millis) {}

        @Override
        public void degraded(String what) {}
      };
}
