package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * A fixed-point amount such as {@code 100m}, {@code 1.5Gi} or {@code 1e3}: the Kubernetes Quantity.
 * The value is exact; what is finer than one billionth is rounded away from zero. {@link
 * #toString()} is the canonical form: no fraction, the largest suffix that loses nothing.
 *
 * <p>Quantities compare by value; {@link #equals} is also by value ({@code 1000m} equals {@code
 * 1}).
 */
public final class Quantity implements Comparable<Quantity> {

  /** How the number was written, and therefore how it is written again. */
  public enum Format {
    DECIMAL_EXPONENT,
    BINARY_SI,
    DECIMAL_SI
  }

  public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Format.DECIMAL_SI);

  private static final int NANO = 9;
  private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
  private static final BigDecimal LARGEST = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final String DECIMAL_SUFFIXES = "num kMGTPE";
  private static final String BINARY_SUFFIXES = "KMGTPE";

  private final BigDecimal value;
  private final Format format;

  private Quantity(BigDecimal value, Format format) {
    this.value = value;
    this.format = format;
  }

  public static Quantity of(BigDecimal value, Format format) {
    return new Quantity(nano(value), format);
  }

  public static Quantity of(long value) {
    return new Quantity(BigDecimal.valueOf(value), Format.DECIMAL_SI);
  }

  public static Quantity bytes(long value) {
    return new Quantity(BigDecimal.valueOf(value), Format.BINARY_SI);
  }

  public static Quantity milli(long value) {
    return new Quantity(BigDecimal.valueOf(value, 3), Format.DECIMAL_SI);
  }

  /**
   * Reads a quantity from JSON: a string or a number.
   *
   * @throws IllegalArgumentException with Kubernetes' words when it is none
   */
  public static Quantity of(JsonNode node) {
    return parse(node.asText(""));
  }

  /**
   * @throws IllegalArgumentException with Kubernetes' words when it is none
   */
  public static Quantity parse(String text) {
    int end = text.length();
    if (end == 0) {
      throw malformed();
    }
    int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
    int suffixAt = start;
    boolean point = false;
    while (suffixAt < end && isNumeric(text.charAt(suffixAt))) {
      if (text.charAt(suffixAt) == '.') {
        if (point) {
          throw malformed();
        }
        point = true;
      }
      suffixAt++;
    }
    String digits = text.substring(start, suffixAt);
    String suffix = text.substring(suffixAt);
    checkSuffixShape(suffix);
    if (digits.isEmpty() || digits.equals(".")) {
      throw digits.isEmpty()
          ? malformed()
          : new IllegalArgumentException("unable to parse numeric part of quantity");
    }
    BigDecimal number = new BigDecimal(digits);
    Format format = formatOf(suffix);
    boolean negative = text.charAt(0) == '-';
    int integers = point ? digits.indexOf('.') : digits.length();
    return new Quantity(
        scaled(number, suffix, format, integers, digits.length() - integers - (point ? 1 : 0))
            .multiply(BigDecimal.valueOf(negative ? -1 : 1)),
        format == Format.BINARY_SI
                && number.signum() > 0
                && scale(number, suffix, format).compareTo(BigDecimal.ONE) < 0
            ? Format.DECIMAL_SI
            : format);
  }

  private static boolean isNumeric(char c) {
    return (c >= '0' && c <= '9') || c == '.';
  }

  /** The suffix must be letters of the known set, then a sign, then digits. */
  private static void checkSuffixShape(String suffix) {
    int at = 0;
    while (at < suffix.length() && "eEinumkKMGTP".indexOf(suffix.charAt(at)) >= 0) {
      at++;
    }
    if (at < suffix.length() && (suffix.charAt(at) == '-' || suffix.charAt(at) == '+')) {
      at++;
    }
    while (at < suffix.length() && suffix.charAt(at) >= '0' && suffix.charAt(at) <= '9') {
      at++;
    }
    if (at < suffix.length()) {
      throw malformed();
    }
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException(
        "quantities must match the regular expression"
            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }

  private static IllegalArgumentException badSuffix() {
    return new IllegalArgumentException("unable to parse quantity's suffix");
  }

  private static Format formatOf(String suffix) {
    int length = suffix.length();
    if (length == 0) {
      return Format.DECIMAL_SI;
    }
    if (length == 1 && suffix.charAt(0) != ' ' && DECIMAL_SUFFIXES.indexOf(suffix) >= 0) {
      return Format.DECIMAL_SI;
    }
    if (length == 2 && suffix.charAt(1) == 'i' && BINARY_SUFFIXES.indexOf(suffix.charAt(0)) >= 0) {
      return Format.BINARY_SI;
    }
    if (length > 1 && (suffix.charAt(0) == 'e' || suffix.charAt(0) == 'E')) {
      return Format.DECIMAL_EXPONENT;
    }
    throw badSuffix();
  }

  private static int exponentOf(String suffix, Format format) {
    return switch (format) {
      case BINARY_SI -> 10 * (BINARY_SUFFIXES.indexOf(suffix.charAt(0)) + 1);
      case DECIMAL_SI -> suffix.isEmpty() ? 0 : 3 * (DECIMAL_SUFFIXES.indexOf(suffix) - 3);
      case DECIMAL_EXPONENT -> {
        try {
          int exponent = Integer.parseInt(suffix.substring(1));
          yield Math.clamp(exponent, -1000, 1000);
        } catch (NumberFormatException e) {
          throw badSuffix();
        }
      }
    };
  }

  private static BigDecimal scale(BigDecimal number, String suffix, Format format) {
    int exponent = exponentOf(suffix, format);
    return format == Format.BINARY_SI
        ? number.multiply(new BigDecimal(BigInteger.ONE.shiftLeft(exponent)))
        : number.scaleByPowerOfTen(exponent);
  }

  /**
   * The value, rounded to nano and capped. A number of few digits is never capped, which is how
   * {@code 100E} is more than the largest integer (Kubernetes keeps it as digits and scale).
   */
  private static BigDecimal scaled(
      BigDecimal number, String suffix, Format format, int integers, int decimals) {
    BigDecimal exact = scale(number, suffix, format);
    boolean few;
    if (format == Format.BINARY_SI) {
      few = decimals == 0 && 15 - integers - exponentOf(suffix, format) * 3 / 10 - 1 >= 0;
    } else {
      few = integers + decimals <= 18;
    }
    BigDecimal rounded = nano(exact);
    return !few && rounded.compareTo(LARGEST) > 0 ? LARGEST : rounded;
  }

  private static BigDecimal nano(BigDecimal exact) {
    return exact.scale() > NANO ? exact.setScale(NANO, RoundingMode.UP) : exact;
  }

  public BigDecimal value() {
    return value;
  }

  public Format format() {
    return format;
  }

  public int signum() {
    return value.signum();
  }

  /** The value in whole units, rounded away from zero; the nearest long when it does not fit. */
  public long longValue() {
    return toLong(value.setScale(0, RoundingMode.UP));
  }

  /** The value in thousandths, rounded away from zero; the nearest long when it does not fit. */
  public long milliValue() {
    return toLong(value.scaleByPowerOfTen(3).setScale(0, RoundingMode.UP));
  }

  private static long toLong(BigDecimal whole) {
    if (whole.compareTo(LARGEST) > 0) {
      return Long.MAX_VALUE;
    }
    if (whole.compareTo(BigDecimal.valueOf(Long.MIN_VALUE)) < 0) {
      return Long.MIN_VALUE;
    }
    return whole.longValueExact();
  }

  public Quantity plus(Quantity other) {
    return new Quantity(value.add(other.value), signum() == 0 ? other.format : format);
  }

  public Quantity minus(Quantity other) {
    return new Quantity(value.subtract(other.value), signum() == 0 ? other.format : format);
  }

  public Quantity times(long factor) {
    return new Quantity(value.multiply(BigDecimal.valueOf(factor)), format);
  }

  public Quantity negated() {
    return new Quantity(value.negate(), format);
  }

  public Quantity max(Quantity other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Rounded away from zero to thousandths: the finest a resource list keeps. */
  public Quantity roundedUpToMilli() {
    return value.scale() > 3 ? new Quantity(value.setScale(3, RoundingMode.UP), format) : this;
  }

  /** The quotient, rounded up to a whole number: what a {@code resourceFieldRef} exposes. */
  public long dividedBy(Quantity divisor) {
    return toLong(value.divide(divisor.value, 0, RoundingMode.CEILING));
  }

  @Override
  public int compareTo(Quantity other) {
    return value.compareTo(other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Quantity quantity && value.compareTo(quantity.value) == 0;
  }

  @Override
  public int hashCode() {
    return value.stripTrailingZeros().hashCode();
  }

  /** The canonical form. */
  @Override
  public String toString() {
    if (value.signum() == 0) {
      return "0";
    }
    if (format == Format.BINARY_SI
        && value.abs().compareTo(KIBI) >= 0
        && value.stripTrailingZeros().scale() <= 0) {
      return binary(value.toBigIntegerExact());
    }
    return decimal();
  }

  private static String binary(BigInteger number) {
    int zeros = Math.min(number.getLowestSetBit() / 10, BINARY_SUFFIXES.length());
    String digits = number.shiftRight(10 * zeros).toString();
    return zeros == 0 ? digits : digits + BINARY_SUFFIXES.charAt(zeros - 1) + 'i';
  }

  private String decimal() {
    BigDecimal stripped = value.stripTrailingZeros();
    int exponent = Math.floorDiv(-stripped.scale(), 3) * 3;
    boolean suffixed = format != Format.DECIMAL_EXPONENT;
    if (suffixed) {
      exponent = Math.min(exponent, 18);
    }
    String digits = stripped.scaleByPowerOfTen(-exponent).toBigIntegerExact().toString();
    if (exponent == 0) {
      return digits;
    }
    return suffixed ? digits + DECIMAL_SUFFIXES.charAt(exponent / 3 + 3) : digits + "e" + exponent;
  }
}
