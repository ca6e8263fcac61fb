package dev.coracle.metrics;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes metrics as text: Prometheus' format 0.0.4 or OpenMetrics 1.0
 * (prometheus.io/docs/instrumenting/exposition_formats).
 */
public enum Exposition {
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private static final Logger LOG = LoggerFactory.getLogger(Exposition.class);

  private final String contentType;

  Exposition(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }

  /** The format that an Accept header asks for; Prometheus' own unless it prefers the other. */
  public static Exposition of(String accept) {
    double open = -1;
    double plain = -1;
    for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.split(";", -1);
      double quality = 1;
      for (String parameter : parts) {
        if (parameter.strip().startsWith("q=")) {
          quality = quality(parameter.strip().substring(2));
        }
      }
      switch (parts[0].strip()) {
        case "application/openmetrics-text" -> open = Math.max(open, quality);
        case "text/plain", "text/*", "*/*" -> plain = Math.max(plain, quality);
        default -> {
          // a format that we do not have
        }
      }
    }
    return open > 0 && open >= plain ? OPEN_METRICS : PROMETHEUS;
  }

  private static double quality(String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** The families that are wanted, those without any sample left out. */
  public byte[] write(Metrics metrics, Predicate<Family> wanted) {
    StringBuilder out = new StringBuilder(16 * 1024);
    for (Family family : metrics.families()) {
      if (!wanted.test(family)) {
        continue;
      }
      int before = out.length();
      head(out, family);
      int afterHead = out.length();
      try {
        samples(out, family);
      } catch (RuntimeException e) {
        LOG.warn("the metric {} could not be read: {}", family.name(), e.toString());
        out.setLength(before);
      }
      if (out.length() == afterHead) {
        out.setLength(before);
      }
    }
    if (this == OPEN_METRICS) {
      out.append("# EOF\n");
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void head(StringBuilder out, Family family) {
    String type =
        switch (family) {
          case Family.Counters _ -> "counter";
          case Family.Histograms _ -> "histogram";
          case Family.Read read -> read.growing() ? "counter" : "gauge";
        };
    String name = family.name();
    if (this == OPEN_METRICS && type.equals("counter")) {
      if (name.endsWith("_total")) {
        name = name.substring(0, name.length() - "_total".length());
      } else {
        type = "unknown";
      }
    }
    out.append("# HELP ").append(name).append(' ');
    out.append(family.help().replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void samples(StringBuilder out, Family family) {
    switch (family) {
      case Family.Counters counters ->
          sorted(counters.cells())
              .forEach(
                  cell -> {
                    line(out, family.name(), family.labels(), cell.getKey(), "");
                    out.append(cell.getValue().value()).append('\n');
                  });
      case Family.Read read ->
          read.read()
              .accept(
                  (value, labels) -> {
                    line(out, family.name(), family.labels(), labels, "");
                    number(out, value);
                    out.append('\n');
                  });
      case Family.Histograms histograms ->
          sorted(histograms.cells())
              .forEach(cell -> histogram(out, family, cell.getKey(), cell.getValue()));
    }
  }

  private static <T> List<Map.Entry<List<String>, T>> sorted(Map<List<String>, T> cells) {
    List<Map.Entry<List<String>, T>> entries = new ArrayList<>(cells.entrySet());
    entries.sort(Map.Entry.comparingByKey(Comparator.comparing(Object::toString)));
    return entries;
  }

  private void histogram(
      StringBuilder out, Family family, List<String> labels, Histogram histogram) {
    long[] counts = histogram.counts();
    if (Arrays.stream(counts).sum() == 0) {
      return;
    }
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      total += counts[i];
      String bound = i == counts.length - 1 ? "+Inf" : bound(histogram.bounds()[i]);
      line(out, family.name() + "_bucket", family.labels(), labels, bound);
      out.append(total).append('\n');
    }
    line(out, family.name() + "_sum", family.labels(), labels, "");
    number(out, histogram.sum());
    out.append('\n');
    line(out, family.name() + "_count", family.labels(), labels, "");
    out.append(total).append('\n');
  }

  private String bound(double bound) {
    StringBuilder text = new StringBuilder();
    number(text, bound);
    if (this == OPEN_METRICS && text.indexOf(".") < 0 && text.indexOf("e") < 0) {
      text.append(".0");
    }
    return text.toString();
  }

  private static void line(
      StringBuilder out, String name, List<String> labels, List<String> values, String bound) {
    out.append(name);
    if (!labels.isEmpty() || !bound.isEmpty()) {
      out.append('{');
      for (int i = 0; i < labels.size(); i++) {
        out.append(i == 0 ? "" : ",").append(labels.get(i)).append("=\"");
        escape(out, values.get(i));
        out.append('"');
      }
      if (!bound.isEmpty()) {
        out.append(labels.isEmpty() ? "" : ",").append("le=\"").append(bound).append('"');
      }
      out.append('}');
    }
    out.append(' ');
  }

  private static void escape(StringBuilder out, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '"' -> out.append("\\\"");
        case '\n' -> out.append("\\n");
        default -> out.append(c);
      }
    }
  }

  /** As Go writes a float. */
  private static void number(StringBuilder out, double value) {
    if (value == Double.POSITIVE_INFINITY) {
      out.append("+Inf");
    } else if (value == Double.NEGATIVE_INFINITY) {
      out.append("-Inf");
    } else if (value == Math.rint(value) && Math.abs(value) < 1e6) {
      out.append((long) value);
    } else if (value == Math.rint(value) && Math.abs(value) < 1e21) {
      exponent(out, value);
    } else {
      String text = Double.toString(value);
      int at = text.indexOf('E');
      if (at < 0) {
        out.append(text);
        return;
      }
      int power = Integer.parseInt(text.substring(at + 1));
      if (power >= -4 && power < 21) {
        out.append(new java.math.BigDecimal(text).toPlainString());
        return;
      }
      String mantissa = text.substring(0, at);
      out.append(mantissa.endsWith(".0") ? mantissa.substring(0, mantissa.length() - 2) : mantissa);
      out.append('e').append(power < 0 ? '-' : '+');
      out.append(Math.abs(power) < 10 ? "0" : "").append(Math.abs(power));
    }
  }

  private static void exponent(StringBuilder out, double value) {
    String digits = new java.math.BigDecimal(value).toPlainString();
    boolean negative = digits.startsWith("-");
    String plain = negative ? digits.substring(1) : digits;
    int power = plain.length() - 1;
    String significant = plain.replaceAll("0+$", "");
    out.append(negative ? "-" : "").append(significant.charAt(0));
    if (significant.length() > 1) {
      out.append('.').append(significant, 1, significant.length());
    }
    out.append("e+").append(power < 10 ? "0" : "").append(power);
  }
}
