package dev.coracle.apiserver.encoding;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Protobuf's wire format, written forward: a message whose length is not known yet is opened and
 * closed, and moves by the few bytes that its length needs.
 */
public final class ProtobufOutput {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED32 = 5;

  private byte[] bytes;
  private int size;

  public ProtobufOutput(int capacity) {
    bytes = new byte[Math.max(64, capacity)];
  }

  int size() {
    return size;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  void raw(byte[] data, int offset, int length) {
    reserve(length);
    System.arraycopy(data, offset, bytes, size, length);
    size += length;
  }

  private void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) ((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  private void fixed(long value, int length) {
    reserve(length);
    for (int i = 0; i < length; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
  }

  public void integer(int number, long value) {
    varint((long) number << 3 | VARINT);
    varint(value);
  }

  public void bool(int number, boolean value) {
    integer(number, value ? 1 : 0);
  }

  public void doubled(int number, double value) {
    varint((long) number << 3 | FIXED64);
    fixed(Double.doubleToLongBits(value), 8);
  }

  void floated(int number, float value) {
    varint((long) number << 3 | FIXED32);
    fixed(Float.floatToIntBits(value), 4);
  }

  public void text(int number, String text) {
    bytes(number, text.getBytes(StandardCharsets.UTF_8));
  }

  public void bytes(int number, byte[] data) {
    bytes(number, data, 0, data.length);
  }

  void bytes(int number, byte[] data, int offset, int length) {
    head(number, length);
    raw(data, offset, length);
  }

  /** Begins a field of which so many bytes follow. */
  void head(int number, int length) {
    varint((long) number << 3 | DELIMITED);
    varint(length);
  }

  /** Begins a message; what {@link #close} wants is returned. */
  public int open(int number) {
    varint((long) number << 3 | DELIMITED);
    reserve(1);
    bytes[size++] = 0;
    return size;
  }

  public void close(int start) {
    int length = size - start;
    int extra = 0;
    for (int rest = length >>> 7; rest != 0; rest >>>= 7) {
      extra++;
    }
    if (extra > 0) {
      reserve(extra);
      System.arraycopy(bytes, start, bytes, start + extra, length);
    }
    int end = size + extra;
    size = start - 1;
    varint(length);
    size = end;
  }
}
