package dev.coracle.registry.encryption;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Several transformers, told apart by how stored values begin: the first one writes, all of them
 * read.
 */
record PrefixTransformers(String noneMatches, List<Prefixed> transformers) implements Transformer {

  /** One of them; an empty prefix stands for values as they are. */
  record Prefixed(byte[] prefix, Transformer transformer) {

    static Prefixed of(String prefix, Transformer transformer) {
      return new Prefixed(prefix.getBytes(StandardCharsets.UTF_8), transformer);
    }
  }

  @Override
  public void prepare() {
    transformers.getFirst().transformer.prepare();
  }

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    Prefixed first = transformers.getFirst();
    byte[] stored = first.transformer.toStorage(plain, context);
    if (first.prefix.length == 0) {
      return stored;
    }
    byte[] whole = Arrays.copyOf(first.prefix, first.prefix.length + stored.length);
    System.arraycopy(stored, 0, whole, first.prefix.length, stored.length);
    return whole;
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    Unreadable failure = null;
    for (int i = 0; i < transformers.size(); i++) {
      Prefixed each = transformers.get(i);
      if (!startsWith(stored, offset, each.prefix)) {
        continue;
      }
      try {
        Plain plain = each.transformer.fromStorage(stored, offset + each.prefix.length, context);
        return i == 0 ? plain : new Plain(plain.bytes(), true);
      } catch (Unreadable e) {
        // several keys may have the same name: another one may fit
        if (each.prefix.length > 0 || failure == null) {
          failure = e;
        }
      }
    }
    throw failure == null ? new Unreadable(noneMatches) : failure;
  }

  private static boolean startsWith(byte[] bytes, int offset, byte[] prefix) {
    return bytes.length - offset >= prefix.length
        && Arrays.equals(bytes, offset, offset + prefix.length, prefix, 0, prefix.length);
  }
}
