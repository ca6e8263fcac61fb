package dev.coracle.registry.encryption;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES in CBC mode with PKCS #7 padding: a random block, then the ciphertext. It has no integrity
 * check.
 */
final class AesCbc implements Transformer {

  private static final int BLOCK = 16;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  AesCbc(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    byte[] vector = new byte[BLOCK];
    random.nextBytes(vector);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, new IvParameterSpec(vector));
      byte[] stored = new byte[BLOCK + cipher.getOutputSize(plain.length)];
      System.arraycopy(vector, 0, stored, 0, BLOCK);
      cipher.doFinal(plain, 0, plain.length, stored, BLOCK);
      return stored;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-CBC", e);
    }
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    int length = stored.length - offset - BLOCK;
    if (length < 0) {
      throw new Unreadable("the stored data was shorter than the required size");
    }
    if (length % BLOCK != 0) {
      throw new Unreadable("the stored data is not a multiple of the block size");
    }
    if (length == 0) {
      throw new Unreadable("invalid PKCS7 data (empty or not padded)");
    }
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, new IvParameterSpec(stored, offset, BLOCK));
      return new Plain(cipher.doFinal(stored, offset + BLOCK, length), false);
    } catch (BadPaddingException e) {
      throw new Unreadable("invalid padding on input");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-CBC", e);
    }
  }

  private Cipher cipher(int mode, IvParameterSpec vector) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(mode, key, vector);
    return cipher;
  }
}
