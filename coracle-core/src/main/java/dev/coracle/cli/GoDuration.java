package dev.coracle.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as Kubernetes' options spell them, such as {@code 1m30s}. */
final class GoDuration implements ITypeConverter<Duration> {

  private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]*)?)(ns|us|ms|s|m|h)");

  @Override
  public Duration convert(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher matcher = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (at < text.length() && matcher.find(at) && matcher.start() == at) {
      long unit =
          switch (matcher.group(2)) {
            case "ns" -> 1L;
            case "us" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
          };
      sum =
          sum.plusNanos(
              new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit)).longValue());
      at = matcher.end();
    }
    if (at == 0 || at < text.length()) {
      throw new TypeConversionException("'" + text + "' is no duration such as 30s or 1m30s");
    }
    return sum;
  }
}
