package dev.coracle.cli.flags;

import dev.coracle.api.Durations;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as Kubernetes' options spell them, such as {@code 1m30s}. */
final class GoDuration implements ITypeConverter<Duration> {

  @Override
  public Duration convert(String text) {
    try {
      return Durations.parse("duration", text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'" + text + "' is no duration such as 30s or 1m30s");
    }
  }
}
