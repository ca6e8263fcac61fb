package dev.coracle.registry.encryption;

import java.time.Duration;
import java.util.List;

/** An EncryptionConfiguration that has been checked ({@code apiserver.config.k8s.io/v1}). */
record EncryptionConfiguration(List<Rule> rules) {

  /** Which resources are stored how. */
  record Rule(List<GroupResource> resources, List<Provider> providers) {}

  /** A way to store values. */
  sealed interface Provider {

    /** As they are. */
    record Plain() implements Provider {}

    /** By keys that stand in the file. */
    record Keys(Cipher cipher, List<Key> keys) implements Provider {}

    /** By keys that a key management service keeps (KMS v2). */
    record Kms(String name, String socket, Duration timeout) implements Provider {}
  }

  /** A key; it never shows itself. */
  record Key(String name, byte[] secret) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The ciphers for keys of the file. */
  enum Cipher {
    AESCBC("aescbc", "AES") {
      @Override
      Transformer transformer(byte[] key) {
        return new AesCbc(key);
      }
    },
    AESGCM("aesgcm", "AES") {
      @Override
      Transformer transformer(byte[] key) {
        return new AesGcm(key);
      }
    },
    SECRETBOX("secretbox", "Secretbox") {
      @Override
      Transformer transformer(byte[] key) {
        return new Secretbox(key);
      }
    };

    private final String text;
    private final String title;

    Cipher(String text, String title) {
      this.text = text;
      this.title = title;
    }

    String text() {
      return text;
    }

    /** As messages call it. */
    String title() {
      return title;
    }

    abstract Transformer transformer(byte[] key);
  }
}
