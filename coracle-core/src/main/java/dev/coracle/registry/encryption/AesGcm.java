package dev.coracle.registry.encryption;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES in GCM mode: a random nonce, then the ciphertext with its tag, bound to the value's key. */
final class AesGcm implements Transformer {

  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  AesGcm(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, new GCMParameterSpec(TAG_BITS, nonce), context);
      byte[] stored = new byte[NONCE + cipher.getOutputSize(plain.length)];
      System.arraycopy(nonce, 0, stored, 0, NONCE);
      cipher.doFinal(plain, 0, plain.length, stored, NONCE);
      return stored;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM", e);
    }
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    int length = stored.length - offset - NONCE;
    if (length < 0) {
      throw new Unreadable("the stored data was shorter than the required size");
    }
    try {
      Cipher cipher =
          cipher(
              Cipher.DECRYPT_MODE, new GCMParameterSpec(TAG_BITS, stored, offset, NONCE), context);
      return new Plain(cipher.doFinal(stored, offset + NONCE, length), false);
    } catch (AEADBadTagException e) {
      throw new Unreadable("cipher: message authentication failed");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM", e);
    }
  }

  private Cipher cipher(int mode, GCMParameterSpec nonce, byte[] context)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, nonce);
    cipher.updateAAD(context);
    return cipher;
  }
}
