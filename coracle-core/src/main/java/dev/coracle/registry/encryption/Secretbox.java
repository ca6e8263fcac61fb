package dev.coracle.registry.encryption;

import java.security.MessageDigest;
import java.security.SecureRandom;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** NaCl's secretbox, XSalsa20 with Poly1305: a random nonce, the tag, then the ciphertext. */
final class Secretbox implements Transformer {

  private static final int NONCE = 24;
  private static final int TAG = 16;
  private static final int KEY = 32;

  private final byte[] key;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param key 32 bytes
   */
  Secretbox(byte[] key) {
    this.key = key.clone();
  }

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    return seal(nonce, plain);
  }

  byte[] seal(byte[] nonce, byte[] plain) {
    byte[] stored = new byte[NONCE + TAG + plain.length];
    System.arraycopy(nonce, 0, stored, 0, NONCE);
    XSalsa20Engine stream = stream(nonce, 0, true);
    byte[] macKey = firstBlock(stream);
    stream.processBytes(plain, 0, plain.length, stored, NONCE + TAG);
    System.arraycopy(tag(macKey, stored, NONCE + TAG), 0, stored, NONCE, TAG);
    return stored;
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    int begin = offset + NONCE + TAG;
    if (stored.length < begin) {
      throw new Unreadable("the stored data was shorter than the required size");
    }
    XSalsa20Engine stream = stream(stored, offset, false);
    byte[] expected = tag(firstBlock(stream), stored, begin);
    byte[] found = new byte[TAG];
    System.arraycopy(stored, offset + NONCE, found, 0, TAG);
    if (!MessageDigest.isEqual(expected, found)) {
      throw new Unreadable("output array was not large enough for encryption");
    }
    byte[] plain = new byte[stored.length - begin];
    stream.processBytes(stored, begin, plain.length, plain, 0);
    return new Plain(plain, false);
  }

  private XSalsa20Engine stream(byte[] nonce, int offset, boolean enciphering) {
    XSalsa20Engine stream = new XSalsa20Engine();
    stream.init(enciphering, new ParametersWithIV(new KeyParameter(key), nonce, offset, NONCE));
    return stream;
  }

  /** The stream's first 32 bytes are the key of the tag. */
  private static byte[] firstBlock(XSalsa20Engine stream) {
    byte[] zeros = new byte[KEY];
    byte[] first = new byte[KEY];
    stream.processBytes(zeros, 0, KEY, first, 0);
    return first;
  }

  private static byte[] tag(byte[] macKey, byte[] stored, int begin) {
    Poly1305 mac = new Poly1305();
    mac.init(new KeyParameter(macKey));
    mac.update(stored, begin, stored.length - begin);
    byte[] tag = new byte[TAG];
    mac.doFinal(tag, 0);
    return tag;
  }
}
