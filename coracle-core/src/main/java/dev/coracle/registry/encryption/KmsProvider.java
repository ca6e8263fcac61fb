package dev.coracle.registry.encryption;

import dev.coracle.api.StatusException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Values under keys of a key management service (KMS v2, KEP-3299): the service enciphers a seed,
 * and each value gets a key of its own that is derived from the seed (HKDF with SHA-256) for
 * AES-GCM. A new seed is made when the service says that it uses another key; the service is asked
 * every minute, and every ten seconds while it is not well.
 */
final class KmsProvider implements Transformer, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KmsProvider.class);

  private static final int SEED = 32;
  private static final int INFO = 32;
  private static final int MOST_KEY_ID = 1024;
  private static final int MOST_SEED = 1024;
  private static final int SEEDS_KEPT = 1000;
  private static final int HKDF_SEED = 1;
  private static final long WELL = Duration.ofMinutes(1).toMillis();
  private static final long UNWELL = Duration.ofSeconds(10).toMillis();
  private static final long WELL_TTL = Duration.ofSeconds(20).toNanos();
  private static final long UNWELL_TTL = Duration.ofSeconds(3).toNanos();
  private static final long SEED_GOOD_FOR = Duration.ofMinutes(3).toNanos();

  /** The seed that writes. */
  private record State(byte[] seed, KmsMessages.Encrypted enciphered) {}

  private final String name;
  private final KmsClient client;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock probing = new ReentrantLock();
  private final Map<String, byte[]> seeds =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, byte[]> eldest) {
          return size() > SEEDS_KEPT;
        }
      };
  private volatile @Nullable State state;
  private volatile long goodUntil;
  private volatile @Nullable String failure = "the service has not been asked yet";
  private volatile long probedAt = System.nanoTime() - WELL_TTL;
  private @Nullable Thread thread;

  /**
   * @throws IOException where there are no Unix sockets for it
   */
  KmsProvider(EncryptionConfiguration.Provider.Kms config) throws IOException {
    this.name = config.name();
    this.client = new KmsClient(config.socket(), config.timeout());
  }

  /** Asks the service for the first time, and from then on again and again. */
  void start() {
    probe();
    thread =
        Thread.ofVirtual()
            .name("kms " + name)
            .start(
                () -> {
                  try {
                    while (true) {
                      Thread.sleep(failure == null ? WELL : UNWELL);
                      probe();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  String name() {
    return name;
  }

  /** Why the service is not well, or null; it is asked at most every few seconds. */
  @Nullable String unwell() {
    long ttl = failure == null ? WELL_TTL : UNWELL_TTL;
    if (System.nanoTime() - probedAt >= ttl) {
      probe();
    }
    return failure;
  }

  private void probe() {
    probing.lock();
    try {
      String before = failure;
      failure = ask();
      probedAt = System.nanoTime();
      if (failure != null && !failure.equals(before)) {
        LOG.error("{}", failure);
      }
    } finally {
      probing.unlock();
    }
  }

  private @Nullable String ask() {
    KmsMessages.Status status;
    try {
      status = client.status();
    } catch (IOException e) {
      return "failed to perform status section of the healthz check for KMS Provider "
          + name
          + ", error: "
          + e.getMessage();
    }
    String wrong = wrongWith(status);
    if (wrong != null) {
      return "kmsv2 Provider " + name + " is not healthy, error: " + wrong;
    }
    State current = state;
    if (current != null && current.enciphered().keyId().equals(status.keyId())) {
      goodUntil = System.nanoTime() + SEED_GOOD_FOR;
      return null;
    }
    try {
      byte[] seed = new byte[SEED];
      random.nextBytes(seed);
      KmsMessages.Encrypted enciphered = client.encrypt(seed);
      if (enciphered.ciphertext().length == 0 || enciphered.ciphertext().length > MOST_SEED) {
        return "failed to validate encrypted DEK source: encrypted DEK source is "
            + enciphered.ciphertext().length
            + " bytes";
      }
      if (enciphered.keyId().isEmpty() || enciphered.keyId().length() > MOST_KEY_ID) {
        return "failed to validate key id: keyID is "
            + enciphered.keyId().length()
            + " bytes, which is empty or more than the max size of "
            + MOST_KEY_ID;
      }
      if (!enciphered.keyId().equals(status.keyId())) {
        return "key ID of the status response and of the encrypt response differ";
      }
      state = new State(seed, enciphered);
      goodUntil = System.nanoTime() + SEED_GOOD_FOR;
      return null;
    } catch (IOException e) {
      return "failed to encrypt DEK source, error: " + e.getMessage();
    }
  }

  private static @Nullable String wrongWith(KmsMessages.Status status) {
    if (!status.healthz().equals("ok")) {
      return "got unexpected healthz status: " + status.healthz();
    }
    if (!status.version().equals("v2") && !status.version().equals("v2beta1")) {
      return "expected KMSv2 API version v2, got " + status.version();
    }
    if (status.keyId().isEmpty() || status.keyId().length() > MOST_KEY_ID) {
      return "expected KMSv2 KeyID to be set, got " + status.keyId().length() + " bytes";
    }
    return null;
  }

  @Override
  public void prepare() {
    if (state == null) {
      probe();
    }
    if (state == null) {
      throw StatusException.internal("got unexpected nil transformer: " + failure);
    }
    if (System.nanoTime() - goodUntil > 0) {
      probe();
      if (System.nanoTime() - goodUntil > 0) {
        throw StatusException.internal(
            "the KMS provider " + name + " has not answered for too long: " + failure);
      }
    }
  }

  @Override
  public byte[] toStorage(byte[] plain, byte[] context) {
    State current = state;
    if (current == null) {
      throw new IllegalStateException("toStorage without prepare");
    }
    byte[] info = new byte[INFO];
    random.nextBytes(info);
    byte[] sealed = new AesGcm(derived(current.seed(), info, 0)).toStorage(plain, context);
    byte[] data = Arrays.copyOf(info, INFO + sealed.length);
    System.arraycopy(sealed, 0, data, INFO, sealed.length);
    KmsMessages.Encrypted enciphered = current.enciphered();
    return KmsMessages.write(
        new KmsMessages.StoredValue(
            data,
            enciphered.keyId(),
            enciphered.ciphertext(),
            enciphered.annotations(),
            HKDF_SEED));
  }

  @Override
  public Plain fromStorage(byte[] stored, int offset, byte[] context) throws Unreadable {
    KmsMessages.StoredValue value;
    try {
      value = KmsMessages.stored(stored, offset);
    } catch (IOException e) {
      throw new Unreadable("failed to unmarshal EncryptedObject");
    }
    if (value.seedType() != HKDF_SEED || value.data().length < INFO) {
      throw new Unreadable("failed to validate encrypted object");
    }
    AesGcm cipher = new AesGcm(derived(seed(value), value.data(), 0));
    Plain plain = cipher.fromStorage(value.data(), INFO, context);
    State current = state;
    boolean stale = current == null || !current.enciphered().keyId().equals(value.keyId());
    return new Plain(plain.bytes(), stale);
  }

  private byte[] seed(KmsMessages.StoredValue value) throws Unreadable {
    State current = state;
    if (current != null && MessageDigest.isEqual(current.enciphered().ciphertext(), value.seed())) {
      return current.seed();
    }
    String key = value.keyId() + '\n' + HexFormat.of().formatHex(value.seed());
    synchronized (seeds) {
      byte[] known = seeds.get(key);
      if (known != null) {
        return known;
      }
    }
    byte[] seed;
    try {
      seed = client.decrypt(value);
    } catch (IOException e) {
      throw new Unreadable("failed to decrypt DEK, error: " + e.getMessage());
    }
    synchronized (seeds) {
      seeds.put(key, seed);
    }
    return seed;
  }

  /** HKDF-Expand (RFC 5869) to 32 bytes. */
  private static byte[] derived(byte[] seed, byte[] info, int offset) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(seed, "HmacSHA256"));
      mac.update(info, offset, INFO);
      mac.update((byte) 1);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HKDF", e);
    }
  }

  @Override
  public void close() {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
    client.close();
  }
}
