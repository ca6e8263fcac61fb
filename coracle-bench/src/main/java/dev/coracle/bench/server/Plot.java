package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Lines on two logarithmic axes, as an SVG picture that reads on light and dark pages. */
final class Plot {

  /** A measurement; both numbers are positive. */
  record Point(double x, double y) {}

  /** One line. */
  record Series(String name, List<Point> points) {}

  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;
  private static final int LEFT = 70;
  private static final int RIGHT = 150;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;
  private static final List<String> COLORS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7");

  private final Range horizontal;
  private final Range vertical;

  private Plot(Range horizontal, Range vertical) {
    this.horizontal = horizontal;
    this.vertical = vertical;
  }

  /** An axis from one power of ten to another. */
  private record Range(int from, int to) {

    static Range of(List<Series> series, java.util.function.ToDoubleFunction<Point> value) {
      double least = Double.MAX_VALUE;
      double most = Double.MIN_VALUE;
      for (Series line : series) {
        for (Point point : line.points()) {
          least = Math.min(least, value.applyAsDouble(point));
          most = Math.max(most, value.applyAsDouble(point));
        }
      }
      int from = (int) Math.floor(Math.log10(Math.max(least, 1e-3)));
      return new Range(from, Math.max(from + 1, (int) Math.ceil(Math.log10(most))));
    }

    double share(double value) {
      return (Math.log10(Math.max(value, 1e-3)) - from) / (to - from);
    }
  }

  static void write(Path file, String title, String across, String up, List<Series> series)
      throws IOException {
    Plot plot = new Plot(Range.of(series, Point::x), Range.of(series, Point::y));
    Files.createDirectories(file.getParent());
    Files.writeString(file, plot.svg(title, across, up, series));
  }

  private String svg(String title, String across, String up, List<Series> series) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n"
            .formatted(WIDTH, HEIGHT));
    svg.append("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n".formatted(WIDTH, HEIGHT));
    text(svg, WIDTH / 2.0, 20, "middle", title);
    text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", across);
    svg.append(
        "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n"
            .formatted(HEIGHT / 2, up));
    for (int power = horizontal.from; power <= horizontal.to; power++) {
      double x = x(Math.pow(10, power));
      line(svg, x, TOP, x, HEIGHT - BOTTOM);
      text(svg, x, HEIGHT - BOTTOM + 16, "middle", label(power));
    }
    for (int power = vertical.from; power <= vertical.to; power++) {
      double y = y(Math.pow(10, power));
      line(svg, LEFT, y, WIDTH - RIGHT, y);
      text(svg, LEFT - 6, y + 4, "end", label(power));
    }
    for (int i = 0; i < series.size(); i++) {
      series(svg, series.get(i), COLORS.get(i % COLORS.size()), i);
    }
    return svg.append("</svg>\n").toString();
  }

  private void series(StringBuilder svg, Series series, String color, int number) {
    StringBuilder points = new StringBuilder();
    for (Point point : series.points()) {
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.x()), y(point.y())));
    }
    svg.append(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n"
            .formatted(points.toString().strip(), color));
    for (Point point : series.points()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %,.0f, %,.1f</title></circle>%n",
              x(point.x()),
              y(point.y()),
              color,
              series.name(),
              point.x(),
              point.y()));
    }
    int y = TOP + 12 + 20 * number;
    svg.append(
        "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"4\" fill=\"%s\"/>%n"
            .formatted(WIDTH - RIGHT + 12, y - 6, color));
    text(svg, WIDTH - RIGHT + 30, y, "start", series.name());
  }

  private double x(double value) {
    return LEFT + horizontal.share(value) * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - vertical.share(value) * (HEIGHT - TOP - BOTTOM);
  }

  private static String label(int power) {
    return power < 0
        ? String.valueOf(Math.pow(10, power))
        : String.format(Locale.ROOT, "%,.0f", Math.pow(10, power));
  }

  private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n",
            x1,
            y1,
            x2,
            y2));
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#222222\">%s</text>%n",
            x,
            y,
            anchor,
            text));
  }
}
