package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/** The patches an API server takes, by their media types. */
public enum PatchType {
  JSON("application/json-patch+json"),
  MERGE("application/merge-patch+json"),
  STRATEGIC("application/strategic-merge-patch+json"),
  APPLY("application/apply-patch+yaml");

  private final String mediaType;

  PatchType(String mediaType) {
    this.mediaType = mediaType;
  }

  public String mediaType() {
    return mediaType;
  }

  /** The patch of a media type without parameters, or null. */
  public static @Nullable PatchType of(String mediaType) {
    for (PatchType type : values()) {
      if (type.mediaType.equals(mediaType)) {
        return type;
      }
    }
    return null;
  }
}
