package dev.coracle.junit;

import dev.coracle.cluster.options.ClusterOptions;
import java.util.Locale;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts the cluster of {@link CoracleTest}. For other settings than that has, register one:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final CoracleExtension CLUSTER =
 *     CoracleExtension.with(options -> options.turnableClock(true));
 * }</pre>
 *
 * <p>Clusters end with the test run, those of one class with the class.
 */
public final class CoracleExtension implements BeforeAllCallback, ParameterResolver {

  private static final Namespace STORE = Namespace.create(CoracleExtension.class);
  private static final int LONGEST_NAME = 63;
  private static final int SUFFIX = 6;

  /** What classes that share a cluster have in common. */
  private record Settings(ClusterOptions.Runtime runtime, int simulatedNodes) {

    ClusterOptions.Builder of(ClusterOptions.Builder options) {
      return options.runtime(runtime).simulatedNodes(simulatedNodes);
    }
  }

  private final @Nullable UnaryOperator<ClusterOptions.Builder> settings;

  /** As the class's {@link CoracleTest} says. */
  public CoracleExtension() {
    this.settings = null;
  }

  private CoracleExtension(UnaryOperator<ClusterOptions.Builder> settings) {
    this.settings = settings;
  }

  /**
   * A cluster for one class.
   *
   * @param settings changes the options of an embedded cluster with simulated Pods
   */
  public static CoracleExtension with(UnaryOperator<ClusterOptions.Builder> settings) {
    return new CoracleExtension(settings);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    RunningCluster unused = cluster(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == CoracleCluster.class || Clients.of(type) != null;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    CoracleCluster seen = seenBy(context);
    Class<?> type = parameter.getParameter().getType();
    Clients clients = Clients.of(type);
    if (clients == null) {
      return seen;
    }
    Store store = context.getStore(STORE);
    return store
        .getOrComputeIfAbsent(
            type.getName() + " of " + context.getUniqueId(),
            key -> clients.open(seen),
            Clients.Opened.class)
        .client();
  }

  private RunningCluster cluster(ExtensionContext context) {
    UnaryOperator<ClusterOptions.Builder> own = settings;
    ExtensionContext ofClass = outermostClass(context);
    if (own != null) {
      return of(
          ofClass, this, options -> own.apply(options.runtime(ClusterOptions.Runtime.SIMULATED)));
    }
    CoracleTest asked = context.getRequiredTestClass().getAnnotation(CoracleTest.class);
    for (Class<?> outer = context.getRequiredTestClass().getEnclosingClass();
        asked == null && outer != null;
        outer = outer.getEnclosingClass()) {
      asked = outer.getAnnotation(CoracleTest.class);
    }
    Settings wanted =
        asked == null
            ? new Settings(ClusterOptions.Runtime.SIMULATED, 0)
            : new Settings(asked.runtime(), asked.simulatedNodes());
    return of(asked == null || asked.shared() ? context.getRoot() : ofClass, wanted, wanted::of);
  }

  private static RunningCluster of(
      ExtensionContext where, Object key, UnaryOperator<ClusterOptions.Builder> options) {
    return where
        .getStore(STORE)
        .getOrComputeIfAbsent(key, any -> RunningCluster.start(options), RunningCluster.class);
  }

  /** Nested classes use the cluster of the class around them. */
  private static ExtensionContext outermostClass(ExtensionContext context) {
    ExtensionContext found = context;
    for (ExtensionContext each = context;
        each != each.getRoot();
        each = each.getParent().orElseThrow()) {
      if (each.getTestClass().isPresent() && each.getTestMethod().isEmpty()) {
        found = each;
      }
    }
    return found;
  }

  private CoracleCluster seenBy(ExtensionContext context) {
    return context
        .getStore(STORE)
        .getOrComputeIfAbsent(
            "namespace of " + context.getUniqueId(),
            key -> new Seen(CoracleCluster.withNamespace(cluster(context), namespaceName(context))),
            Seen.class)
        .cluster();
  }

  /** Leaves the namespace with the test that it is for. */
  private record Seen(CoracleCluster cluster) implements Store.CloseableResource, AutoCloseable {
    @Override
    public void close() {
      cluster.leave();
    }
  }

  /** A DNS label (RFC 1123) that says whose it is. */
  private static String namespaceName(ExtensionContext context) {
    String whose =
        context.getRequiredTestClass().getSimpleName()
            + context.getTestMethod().map(method -> "-" + method.getName()).orElse("");
    String label =
        whose.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+", "");
    String start = label.substring(0, Math.min(label.length(), LONGEST_NAME - SUFFIX));
    return start.replaceAll("-+$", "")
        + "-"
        + UUID.randomUUID().toString().substring(0, SUFFIX - 1);
  }
}
