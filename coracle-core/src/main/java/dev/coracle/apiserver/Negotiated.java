package dev.coracle.apiserver;

/**
 * How an answer is written.
 *
 * @param encoding the bytes' form
 * @param view what of an object is shown
 * @param pretty whether JSON is indented for people
 * @param contentType the header's value
 */
record Negotiated(Encoding encoding, View view, boolean pretty, String contentType) {

  /** The forms of bytes. */
  enum Encoding {
    JSON,
    YAML,
    PROTOBUF
  }

  /** What {@code as=} asks for. */
  enum View {
    WHOLE,
    TABLE,
    PARTIAL,
    DISCOVERY_V2
  }

  /** Plain JSON, whole objects. */
  static final Negotiated JSON =
      new Negotiated(Encoding.JSON, View.WHOLE, false, "application/json");

  /** JSON for people, whatever was asked for. */
  static final Negotiated PRETTY =
      new Negotiated(Encoding.JSON, View.WHOLE, true, "application/json");
}
