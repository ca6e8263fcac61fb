package dev.coracle.schema.cel;

/**
 * What evaluations may still cost, in Kubernetes' units (1 for a step, 0.1 for a character that is
 * read). One budget is shared by all rules that are asked about one object. Not thread-safe.
 */
public final class CostBudget {

  /** For all rules of one object (Kubernetes' {@code RuntimeCELCostBudget}). */
  private static final long OBJECT = 10_000_000;

  /** For one evaluation (Kubernetes' {@code PerCallLimit}). */
  static final long CALL = 1_000_000;

  private long left;

  private CostBudget(long left) {
    this.left = left;
  }

  public static CostBudget ofObject() {
    return new CostBudget(OBJECT);
  }

  /** A budget of another size, for tests and for parts of an object. */
  public static CostBudget of(long units) {
    return new CostBudget(units);
  }

  /** What is left; negative when more was spent than there was. */
  public long left() {
    return left;
  }

  void spend(long units) {
    left -= units;
  }
}
