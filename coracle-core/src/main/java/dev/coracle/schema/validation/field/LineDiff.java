package dev.coracle.schema.validation.field;

import java.util.ArrayList;
import java.util.List;

/** The difference of two texts in unified form: hunks with three lines around what changed. */
final class LineDiff {

  private static final int CONTEXT = 3;

  /** More comparisons than this are not made: what is between equal ends then counts as changed. */
  private static final long MOST_COMPARISONS = 4_000_000;

  private final List<String> before;
  private final List<String> after;
  private final List<Step> steps = new ArrayList<>();

  /**
   * A line that stayed, went or came.
   *
   * @param sign a space, a minus or a plus
   */
  private record Step(char sign, int before, int after) {}

  private LineDiff(List<String> before, List<String> after) {
    this.before = before;
    this.after = after;
  }

  static String of(List<String> before, List<String> after) {
    LineDiff diff = new LineDiff(before, after);
    diff.compare();
    return diff.hunks();
  }

  private void compare() {
    int start = 0;
    int most = Math.min(before.size(), after.size());
    while (start < most && before.get(start).equals(after.get(start))) {
      steps.add(new Step(' ', start, start));
      start++;
    }
    int end = 0;
    while (end < most - start
        && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
      end++;
    }
    middle(start, before.size() - end, after.size() - end);
    for (int i = end; i > 0; i--) {
      steps.add(new Step(' ', before.size() - i, after.size() - i));
    }
  }

  /** Lines from the same start to ends of their own, by the longest common subsequence. */
  private void middle(int start, int beforeEnd, int afterEnd) {
    int rows = beforeEnd - start;
    int columns = afterEnd - start;
    int i = 0;
    int j = 0;
    if ((long) rows * columns <= MOST_COMPARISONS) {
      int[][] common = new int[rows + 1][columns + 1];
      for (int row = rows - 1; row >= 0; row--) {
        for (int column = columns - 1; column >= 0; column--) {
          common[row][column] =
              before.get(start + row).equals(after.get(start + column))
                  ? common[row + 1][column + 1] + 1
                  : Math.max(common[row + 1][column], common[row][column + 1]);
        }
      }
      while (i < rows && j < columns) {
        if (before.get(start + i).equals(after.get(start + j))) {
          steps.add(new Step(' ', start + i++, start + j++));
        } else if (common[i + 1][j] >= common[i][j + 1]) {
          steps.add(new Step('-', start + i++, start + j));
        } else {
          steps.add(new Step('+', start + i, start + j++));
        }
      }
    }
    while (i < rows) {
      steps.add(new Step('-', start + i++, start + j));
    }
    while (j < columns) {
      steps.add(new Step('+', start + i, start + j++));
    }
  }

  private String hunks() {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (true) {
      int first = at;
      while (first < steps.size() && steps.get(first).sign == ' ') {
        first++;
      }
      if (first == steps.size()) {
        return text.toString();
      }
      int last = first;
      for (int i = first; i < steps.size() && i - last <= 2 * CONTEXT; i++) {
        if (steps.get(i).sign != ' ') {
          last = i;
        }
      }
      int from = Math.max(at, first - CONTEXT);
      int to = Math.min(steps.size(), last + 1 + CONTEXT);
      hunk(text, steps.subList(from, to));
      at = to;
    }
  }

  private void hunk(StringBuilder text, List<Step> hunk) {
    long removed = hunk.stream().filter(step -> step.sign != '+').count();
    long added = hunk.stream().filter(step -> step.sign != '-').count();
    Step first = hunk.getFirst();
    text.append("@@ -").append(range(first.before, removed));
    text.append(" +").append(range(first.after, added)).append(" @@\n");
    for (Step step : hunk) {
      text.append(step.sign)
          .append(step.sign == '+' ? after.get(step.after) : before.get(step.before))
          .append('\n');
    }
  }

  private static String range(int start, long length) {
    if (length == 1) {
      return String.valueOf(start + 1);
    }
    return (length == 0 ? start : start + 1) + "," + length;
  }
}
