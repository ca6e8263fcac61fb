package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An object that the server itself gives to every new cluster. What it takes to get from what is
 * written of it to what is stored (defaults, managed fields, validation) is done once: registries
 * of this JVM that {@link Registry#plant} it later put in a uid and the time.
 *
 * <p>Thread-safe.
 */
public final class Seed {

  /** Makes what is stored. */
  public interface Maker {
    /**
     * @param body the maker's own
     * @return an object's JSON with the uid and the time that it is asked for
     */
    byte[] json(ObjectNode body);
  }

  /**
   * What the server itself says of its object, with the same moment.
   *
   * @param manager whose these fields are
   * @param at makes what is applied, of the time of the object's creation
   */
  public record Status(String manager, Function<String, ObjectNode> at) {}

  private final GroupVersionResource resource;
  private final String namespace;
  private final String name;
  private final @Nullable Status status;
  private @Nullable ObjectNode body;
  private volatile @Nullable Stencil stencil;

  /**
   * @param body as a client would send it; the caller's no more
   */
  public Seed(GroupVersionResource resource, String namespace, ObjectNode body) {
    this(resource, namespace, body, null);
  }

  /**
   * @param status null for none
   */
  public Seed(
      GroupVersionResource resource, String namespace, ObjectNode body, @Nullable Status status) {
    this.status = status;
    this.resource = resource;
    this.namespace = namespace;
    this.name = Meta.text(body.path("metadata"), "name");
    this.body = body;
  }

  public GroupVersionResource resource() {
    return resource;
  }

  /** Empty for cluster-scoped resources. */
  public String namespace() {
    return namespace;
  }

  public String name() {
    return name;
  }

  public @Nullable Status status() {
    return status;
  }

  /**
   * What is stored, yet without a resourceVersion.
   *
   * @param time of its creation, as Kubernetes writes it, to the second
   * @param maker asked the first time
   */
  public byte[] json(String uid, String time, Maker maker) {
    Stencil known = stencil;
    return known == null ? first(uid, time, maker) : known.with(uid, time);
  }

  private synchronized byte[] first(String uid, String time, Maker maker) {
    Stencil known = stencil;
    if (known != null) {
      return known.with(uid, time);
    }
    byte[] made = maker.json(Objects.requireNonNull(body).deepCopy());
    stencil = Stencil.of(made, uid, time);
    body = null;
    return made;
  }

  /**
   * Bytes with holes.
   *
   * @param pieces the bytes around the holes: one more than there are holes
   * @param uids for each hole whether the uid belongs there, not the time
   */
  private record Stencil(List<byte[]> pieces, List<Boolean> uids) {

    static Stencil of(byte[] json, String uid, String time) {
      String text = new String(json, StandardCharsets.ISO_8859_1);
      String quotedUid = "\"uid\":\"" + uid + "\"";
      String quotedTime = "\"" + time + "\"";
      List<byte[]> pieces = new ArrayList<>();
      List<Boolean> uids = new ArrayList<>();
      int done = 0;
      int nextUid = text.indexOf(quotedUid);
      int nextTime = text.indexOf(quotedTime);
      while (nextUid >= 0 || nextTime >= 0) {
        boolean isUid = nextUid >= 0 && (nextTime < 0 || nextUid < nextTime);
        int hole = isUid ? nextUid + "\"uid\":\"".length() : nextTime + 1;
        pieces.add(bytes(text.substring(done, hole)));
        uids.add(isUid);
        done = hole + (isUid ? uid : time).length();
        if (isUid) {
          nextUid = -1;
        } else {
          nextTime = text.indexOf(quotedTime, done);
        }
      }
      pieces.add(bytes(text.substring(done)));
      return new Stencil(List.copyOf(pieces), List.copyOf(uids));
    }

    byte[] with(String uid, String time) {
      byte[] uidBytes = bytes(uid);
      byte[] timeBytes = bytes(time);
      int size = 0;
      for (byte[] piece : pieces) {
        size += piece.length;
      }
      for (boolean isUid : uids) {
        size += (isUid ? uidBytes : timeBytes).length;
      }
      byte[] json = new byte[size];
      int at = append(json, 0, pieces.getFirst());
      for (int i = 0; i < uids.size(); i++) {
        at = append(json, at, uids.get(i) ? uidBytes : timeBytes);
        at = append(json, at, pieces.get(i + 1));
      }
      return json;
    }

    private static int append(byte[] target, int at, byte[] bytes) {
      System.arraycopy(bytes, 0, target, at, bytes.length);
      return at + bytes.length;
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }
  }
}
