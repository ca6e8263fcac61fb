package dev.coracle.api;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One event of a watch. One instance serves all watchers that see the same type, so its JSON line
 * is made once.
 *
 * <p>The object is the state after the change; for {@code DELETED} the last state with the revision
 * of the deletion; for {@code BOOKMARK} an object of the kind with only a resourceVersion; for
 * {@code ERROR} a {@code Status}.
 */
public final class WatchEvent {

  /** Kubernetes' words for events. */
  public enum Type {
    ADDED,
    MODIFIED,
    DELETED,
    BOOKMARK,
    ERROR
  }

  private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);

  private final Type type;
  private final KubeObject object;
  private volatile byte @Nullable [] line;
  private volatile byte @Nullable [] frame;

  public WatchEvent(Type type, KubeObject object) {
    this.type = type;
    this.object = object;
  }

  /** What ends a watch. */
  public static WatchEvent error(Status status) {
    return new WatchEvent(Type.ERROR, KubeObject.of(StatusJson.write(status)));
  }

  public Type type() {
    return type;
  }

  public KubeObject object() {
    return object;
  }

  /**
   * The event as a line of a JSON watch stream, with its line feed. The caller must not change it.
   */
  public byte[] line() {
    byte[] known = line;
    if (known == null) {
      byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
      byte[] json = object.json();
      known = new byte[head.length + json.length + END.length];
      System.arraycopy(head, 0, known, 0, head.length);
      System.arraycopy(json, 0, known, head.length, json.length);
      System.arraycopy(END, 0, known, head.length + json.length, END.length);
      line = known;
    }
    return known;
  }

  /**
   * The event in another form than JSON, made once for all watchers that want it.
   *
   * @param encoding always the same
   */
  public byte[] frame(Function<WatchEvent, byte[]> encoding) {
    byte[] known = frame;
    if (known == null) {
      known = encoding.apply(this);
      frame = known;
    }
    return known;
  }

  @Override
  public String toString() {
    return type + " " + object;
  }
}
