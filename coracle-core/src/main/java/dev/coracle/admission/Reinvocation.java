package dev.coracle.admission;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the mutating plugins tell each other while one write is admitted: whether one of them
 * changed the object after others had seen it, so that all are to be asked once more (never more
 * than once).
 */
public final class Reinvocation {

  private final Map<String, Object> memory = new HashMap<>();
  private boolean again;
  private boolean wanted;

  /** Whether this is the second round. */
  public boolean isAgain() {
    return again;
  }

  /** The object is another now: others may want to see it. */
  public void want() {
    wanted = true;
  }

  boolean begin() {
    again = wanted;
    return again;
  }

  /** What a plugin remembers from the first round to the second. */
  @SuppressWarnings("unchecked") // a plugin asks for what it has put there itself
  public <T> T memory(String plugin, Supplier<T> empty) {
    return (T) memory.computeIfAbsent(plugin, name -> empty.get());
  }
}
