package dev.coracle.apiserver.request;

/**
 * How an answer is written.
 *
 * @param encoding the bytes' form
 * @param view what of an object is shown
 * @param list whether the view that was asked for is a list's
 * @param pretty whether JSON is indented for people
 * @param contentType the header's value
 * @param meta the group and version of the view's kinds
 */
public record Negotiated(
    Encoding encoding, View view, boolean list, boolean pretty, String contentType, String meta) {

  /** What views are of, unless an older version was asked for. */
  public static final String META = "meta.k8s.io/v1";

  public Negotiated(
      Encoding encoding, View view, boolean list, boolean pretty, String contentType) {
    this(encoding, view, list, pretty, contentType, META);
  }

  /** The forms of bytes. */
  public enum Encoding {
    JSON,
    YAML,
    PROTOBUF
  }

  /** What {@code as=} asks for. */
  public enum View {
    WHOLE,
    TABLE,
    PARTIAL,
    DISCOVERY_V2
  }

  /** Plain JSON, whole objects. */
  public static final Negotiated JSON =
      new Negotiated(Encoding.JSON, View.WHOLE, false, false, "application/json");

  /** JSON for people, whatever was asked for. */
  public static final Negotiated PRETTY =
      new Negotiated(Encoding.JSON, View.WHOLE, false, true, "application/json");
}
