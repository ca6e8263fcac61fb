package dev.coracle.registry.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CiphersTest {

  private static final byte[] PLAIN = "a secret".getBytes(StandardCharsets.UTF_8);
  private static final byte[] CONTEXT =
      "/registry/core/secrets/a/b".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @EnumSource(EncryptionConfiguration.Cipher.class)
  void stored_isReadWithTheSameKeyOnly(EncryptionConfiguration.Cipher cipher) throws Exception {
    byte[] key = new byte[32];
    byte[] other = new byte[32];
    other[5] = 1;
    byte[] stored = cipher.transformer(key).toStorage(PLAIN, CONTEXT);

    assertThat(cipher.transformer(key).fromStorage(stored, 0, CONTEXT).bytes()).isEqualTo(PLAIN);
    assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain("a secret");
    assertThat(cipher.transformer(key).toStorage(PLAIN, CONTEXT)).isNotEqualTo(stored);
    try {
      assertThat(cipher.transformer(other).fromStorage(stored, 0, CONTEXT).bytes())
          .isNotEqualTo(PLAIN);
    } catch (Transformer.Unreadable expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EncryptionConfiguration.Cipher.class,
      names = {"AESGCM", "SECRETBOX"})
  void stored_changedByOneBit_isRefused(EncryptionConfiguration.Cipher cipher) {
    Transformer transformer = cipher.transformer(new byte[32]);
    byte[] stored = transformer.toStorage(PLAIN, CONTEXT);
    for (int i = 0; i < stored.length; i++) {
      byte[] changed = stored.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> transformer.fromStorage(changed, 0, CONTEXT))
          .isInstanceOf(Transformer.Unreadable.class);
    }
  }

  @Test
  void aesGcm_valueOfAnotherKey_isRefused() {
    Transformer transformer = new AesGcm(new byte[16]);
    byte[] stored = transformer.toStorage(PLAIN, CONTEXT);

    assertThatThrownBy(
            () ->
                transformer.fromStorage(
                    stored, 0, "/registry/core/secrets/a/c".getBytes(StandardCharsets.UTF_8)))
        .hasMessage("cipher: message authentication failed");
  }

  /** The test of NaCl's crypto_secretbox. */
  @Test
  void secretbox_sealsAsNaClDoes() {
    HexFormat hex = HexFormat.of();
    byte[] key = hex.parseHex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
    byte[] nonce = hex.parseHex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
    byte[] message =
        hex.parseHex(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d4"
                + "5e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1"
                + "318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
                + "5e0705");

    byte[] stored = new Secretbox(key).seal(nonce, message);

    assertThat(hex.formatHex(stored, 24, 24 + 48))
        .isEqualTo(
            "f3ffc7703f9400e52a7dfb4b3d3305d9"
                + "8e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a");
  }

  @Test
  void prefixes_theFirstWrites_allRead() throws Exception {
    Transformer old =
        new PrefixTransformers(
            "no matching prefix found",
            List.of(PrefixTransformers.Prefixed.of("old:", new AesGcm(new byte[16]))));
    Transformer rotated =
        new PrefixTransformers(
            "no matching prefix found",
            List.of(
                PrefixTransformers.Prefixed.of("new:", new AesGcm(new byte[32])),
                PrefixTransformers.Prefixed.of("old:", new AesGcm(new byte[16])),
                PrefixTransformers.Prefixed.of("", new Identity())));

    Transformer.Plain fromOld = rotated.fromStorage(old.toStorage(PLAIN, CONTEXT), 0, CONTEXT);
    byte[] again = rotated.toStorage(PLAIN, CONTEXT);
    Transformer.Plain fromNew = rotated.fromStorage(again, 0, CONTEXT);

    assertThat(fromOld.bytes()).isEqualTo(PLAIN);
    assertThat(fromOld.stale()).isTrue();
    assertThat(fromNew.stale()).isFalse();
    assertThat(rotated.fromStorage(PLAIN, 0, CONTEXT).stale()).isTrue();
    assertThatThrownBy(() -> old.fromStorage(again, 0, CONTEXT))
        .hasMessage("no matching prefix found");
  }
}
