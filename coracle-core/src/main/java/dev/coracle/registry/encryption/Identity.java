package dev.coracle.registry.encryption;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Values as they are. Enciphered ones are not handed out as if they were values. */
final class Identity implements Transformer {

  private static final byte[] ENCIPHERED = "k8s:enc:".getBytes(StandardCharsets.US_ASCII);

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    return plain;
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    if (isEnciphered(stored, offset)) {
      throw new Unreadable("identity transformer tried to read encrypted data");
    }
    return new Plain(
        offset == 0 ? stored : Arrays.copyOfRange(stored, offset, stored.length), false);
  }

  static boolean isEnciphered(byte[] stored, int offset) {
    return stored.length - offset >= ENCIPHERED.length
        && stored[offset] == 'k'
        && Arrays.equals(
            stored, offset, offset + ENCIPHERED.length, ENCIPHERED, 0, ENCIPHERED.length);
  }
}
