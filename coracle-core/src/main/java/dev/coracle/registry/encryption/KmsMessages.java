package dev.coracle.registry.encryption;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The messages of {@code kms/apis/v2/api.proto} and the stored {@code EncryptedObject} in protobuf.
 * Each is strings, bytes, a number and one map from strings to bytes, told apart by their field
 * numbers.
 */
final class KmsMessages {

  private KmsMessages() {}

  /** What a service says of itself. */
  record Status(String version, String healthz, String keyId) {}

  /** A seed as a service has enciphered it. */
  record Encrypted(byte[] ciphertext, String keyId, Map<String, byte[]> annotations) {}

  /** What is stored of a value. */
  record StoredValue(
      byte[] data, String keyId, byte[] seed, Map<String, byte[]> annotations, int seedType) {}

  /** The fields of one message as they were read. */
  private static final class Fields {
    private final Map<Integer, byte[]> bytes = new TreeMap<>();
    private final Map<Integer, Map<String, byte[]>> maps = new TreeMap<>();
    private final Map<Integer, Integer> numbers = new TreeMap<>();

    /**
     * @param map the number of the field that is a map; 0 for none
     */
    static Fields read(byte[] message, int offset, int map) throws IOException {
      Fields fields = new Fields();
      CodedInputStream in = CodedInputStream.newInstance(message, offset, message.length - offset);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = WireFormat.getTagFieldNumber(tag);
        switch (WireFormat.getTagWireType(tag)) {
          case WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
            byte[] value = in.readByteArray();
            if (number == map) {
              Fields entry = read(value, 0, 0);
              fields
                  .maps
                  .computeIfAbsent(number, any -> new TreeMap<>())
                  .put(entry.text(1), entry.bytes(2));
            } else {
              fields.bytes.put(number, value);
            }
          }
          case WireFormat.WIRETYPE_VARINT -> fields.numbers.put(number, in.readInt32());
          default -> in.skipField(tag);
        }
      }
      return fields;
    }

    byte[] bytes(int number) {
      return bytes.getOrDefault(number, new byte[0]);
    }

    String text(int number) {
      return new String(bytes(number), java.nio.charset.StandardCharsets.UTF_8);
    }

    Map<String, byte[]> map(int number) {
      return maps.getOrDefault(number, Map.of());
    }
  }

  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      writing.to(out);
      out.flush();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void map(CodedOutputStream out, int number, Map<String, byte[]> map)
      throws IOException {
    for (Map.Entry<String, byte[]> entry : new TreeMap<>(map).entrySet()) {
      out.writeByteArray(
          number,
          message(
              inner -> {
                inner.writeString(1, entry.getKey());
                inner.writeByteArray(2, entry.getValue());
              }));
    }
  }

  static byte[] encryptRequest(byte[] plain, String uid) {
    return message(
        out -> {
          out.writeByteArray(1, plain);
          out.writeString(2, uid);
        });
  }

  static byte[] decryptRequest(StoredValue stored, String uid) {
    return message(
        out -> {
          out.writeByteArray(1, stored.seed());
          out.writeString(2, uid);
          out.writeString(3, stored.keyId());
          map(out, 4, stored.annotations());
        });
  }

  static Status status(byte[] message) throws IOException {
    Fields fields = Fields.read(message, 0, 0);
    return new Status(fields.text(1), fields.text(2), fields.text(3));
  }

  static Encrypted encrypted(byte[] message) throws IOException {
    Fields fields = Fields.read(message, 0, 3);
    return new Encrypted(fields.bytes(1), fields.text(2), fields.map(3));
  }

  static byte[] decrypted(byte[] message) throws IOException {
    return Fields.read(message, 0, 0).bytes(1);
  }

  static byte[] write(StoredValue stored) {
    return message(
        out -> {
          out.writeByteArray(1, stored.data());
          out.writeString(2, stored.keyId());
          out.writeByteArray(3, stored.seed());
          map(out, 4, stored.annotations());
          out.writeEnum(5, stored.seedType());
        });
  }

  static StoredValue stored(byte[] bytes, int offset) throws IOException {
    Fields fields = Fields.read(bytes, offset, 4);
    return new StoredValue(
        fields.bytes(1),
        fields.text(2),
        fields.bytes(3),
        fields.map(4),
        fields.numbers.getOrDefault(5, 0));
  }
}
