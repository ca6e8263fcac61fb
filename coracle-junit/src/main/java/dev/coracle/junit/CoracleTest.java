package dev.coracle.junit;

import dev.coracle.cluster.options.ClusterOptions;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests of this class run against a cluster in their own JVM. Their methods and constructors may
 * take a {@link CoracleCluster}, and a client of fabric8 ({@code KubernetesClient}) or of
 * Kubernetes' own library ({@code ApiClient}) where that is on the class path. Each test has a
 * namespace of its own, which goes with it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@ExtendWith(CoracleExtension.class)
public @interface CoracleTest {

  /** What runs Pods: by default nothing does, they turn Ready all the same. */
  ClusterOptions.Runtime runtime() default ClusterOptions.Runtime.SIMULATED;

  /** How many simulated nodes there are; 0 for the one that {@link #runtime} says. */
  int simulatedNodes() default 0;

  /**
   * Whether other classes that ask for the same may use this cluster as well. Without, the class
   * has a cluster to itself, such as for objects outside namespaces.
   */
  boolean shared() default true;
}
