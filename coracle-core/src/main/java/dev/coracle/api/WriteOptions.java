package dev.coracle.api;

/**
 * The query of a create, update or patch.
 *
 * @param fieldManager empty when not given
 * @param fieldValidation Strict, Warn, Ignore or empty
 * @param force only for an apply patch
 */
public record WriteOptions(
    boolean dryRun, String fieldManager, String fieldValidation, boolean force) {

  public static final WriteOptions NONE = new WriteOptions(false, "", "", false);

  public static WriteOptions manager(String fieldManager) {
    return new WriteOptions(false, fieldManager, "", false);
  }
}
