package dev.coracle.apiserver.audit;

import org.jspecify.annotations.Nullable;

/** How much of a request is recorded; each level has what the one before has. */
public enum Level {
  NONE("None"),
  METADATA("Metadata"),
  REQUEST("Request"),
  REQUEST_RESPONSE("RequestResponse");

  private final String text;

  Level(String text) {
    this.text = text;
  }

  /** As policies and events spell it. */
  public String text() {
    return text;
  }

  static @Nullable Level of(String text) {
    for (Level level : values()) {
      if (level.text.equals(text)) {
        return level;
      }
    }
    return null;
  }

  boolean atLeast(Level other) {
    return compareTo(other) >= 0;
  }
}
