package dev.coracle.admission;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import dev.coracle.api.Operation;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Times admission: {@code apiserver_admission_controller_admission_duration_seconds} for each
 * plugin and {@code apiserver_admission_step_admission_duration_seconds} for all of them, mutating
 * ({@code admit}) and validating.
 */
public final class MeasuredAdmission implements AdmissionHook {

  private static final double[] PLUGIN = {0.005, 0.025, 0.1, 0.5, 1.0, 2.5};

  private final AdmissionChain chain;
  private final Times admit;
  private final Times validate;

  private MeasuredAdmission(AdmissionChain chain, Times admit, Times validate) {
    this.chain = chain;
    this.admit = admit;
    this.validate = validate;
  }

  /** A chain of the plugins, timed. */
  public static AdmissionHook of(Metrics metrics, List<AdmissionPlugin> plugins) {
    Family.Histograms each =
        metrics.histograms(
            "apiserver_admission_controller_admission_duration_seconds",
            "[STABLE] Time of one admission plugin.",
            PLUGIN,
            "name",
            "operation",
            "rejected",
            "type");
    Family.Histograms step =
        metrics.histograms(
            "apiserver_admission_step_admission_duration_seconds",
            "[STABLE] Time of all admission plugins.",
            PLUGIN,
            "operation",
            "rejected",
            "type");
    return new MeasuredAdmission(
        new AdmissionChain(those(plugins, "admit", each), those(plugins, "validate", each)),
        new Times((operation, rejected) -> step.of(operation, rejected, "admit")),
        new Times((operation, rejected) -> step.of(operation, rejected, "validate")));
  }

  /** The plugins that have this method of their own; the others would be timed for nothing. */
  private static List<AdmissionPlugin> those(
      List<AdmissionPlugin> plugins, String method, Family.Histograms times) {
    List<AdmissionPlugin> those = new ArrayList<>();
    for (AdmissionPlugin plugin : plugins) {
      if (has(plugin.getClass(), method)) {
        those.add(new Measured(plugin, times));
      }
    }
    return those;
  }

  /** From wherever it has it: a superclass or another interface counts. */
  private static boolean has(Class<?> type, String method) {
    for (Method known : type.getMethods()) {
      if (known.getName().equals(method) && known.getDeclaringClass() != AdmissionPlugin.class) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void mutate(AdmissionAttributes attributes) {
    admit.time(attributes.operation(), () -> chain.mutate(attributes));
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    validate.time(attributes.operation(), () -> chain.validate(attributes));
  }

  private interface Labelled {
    Histogram of(String operation, String rejected);
  }

  /** Two histograms for each operation, found when there is the first such one. */
  private static final class Times {
    private final Labelled histograms;
    private final Map<Operation, Histogram> good = new ConcurrentHashMap<>();
    private final Map<Operation, Histogram> rejected = new ConcurrentHashMap<>();

    Times(Labelled histograms) {
      this.histograms = histograms;
    }

    void time(Operation operation, Runnable work) {
      long began = System.nanoTime();
      boolean done = false;
      try {
        work.run();
        done = true;
      } finally {
        took(operation, done, began);
      }
    }

    void took(Operation operation, boolean done, long began) {
      histogram(operation, done).recordNanos(System.nanoTime() - began);
    }

    private Histogram histogram(Operation operation, boolean done) {
      Map<Operation, Histogram> outcome = done ? good : rejected;
      Histogram known = outcome.get(operation);
      return known != null
          ? known
          : outcome.computeIfAbsent(
              operation,
              any -> histograms.of(any.name().toUpperCase(Locale.ROOT), String.valueOf(!done)));
    }
  }

  /** One plugin, timed. */
  private static final class Measured implements AdmissionPlugin {
    private final AdmissionPlugin plugin;
    private final Times admit;
    private final Times validate;

    Measured(AdmissionPlugin plugin, Family.Histograms histograms) {
      this.plugin = plugin;
      this.admit =
          new Times(
              (operation, rejected) -> histograms.of(plugin.name(), operation, rejected, "admit"));
      this.validate =
          new Times(
              (operation, rejected) ->
                  histograms.of(plugin.name(), operation, rejected, "validate"));
    }

    @Override
    public String name() {
      return plugin.name();
    }

    @Override
    public void admit(AdmissionAttributes attributes, Reinvocation reinvocation) {
      long began = System.nanoTime();
      boolean done = false;
      try {
        plugin.admit(attributes, reinvocation);
        done = true;
      } finally {
        admit.took(attributes.operation(), done, began);
      }
    }

    @Override
    public void validate(AdmissionAttributes attributes) {
      long began = System.nanoTime();
      boolean done = false;
      try {
        plugin.validate(attributes);
        done = true;
      } finally {
        validate.took(attributes.operation(), done, began);
      }
    }
  }
}
