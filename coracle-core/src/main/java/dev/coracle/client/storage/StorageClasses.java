package dev.coracle.client.storage;

import dev.coracle.api.KubeObject;
import java.util.Collection;
import java.util.Comparator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is asked of StorageClasses. Pure. */
public final class StorageClasses {

  public static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";
  private static final String BETA_IS_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class";

  private StorageClasses() {}

  /** The class of claims that name none: of several the newest, then the first by name. */
  public static @Nullable KubeObject defaultOf(Collection<KubeObject> classes) {
    return classes.stream()
        .filter(StorageClasses::isDefault)
        .min(
            Comparator.comparing(KubeObject::creationTimestamp)
                .reversed()
                .thenComparing(KubeObject::name))
        .orElse(null);
  }

  public static boolean isDefault(KubeObject storageClass) {
    return StorageAnnotations.get(storageClass, IS_DEFAULT).equals("true")
        || StorageAnnotations.get(storageClass, BETA_IS_DEFAULT).equals("true");
  }

  /**
   * Whether a claim is bound only when a Pod that uses it gets its node.
   *
   * @param classes finds a class by its name
   */
  public static boolean delaysBinding(
      KubeObject claim, Function<String, @Nullable KubeObject> classes) {
    String name = Volumes.storageClass(claim);
    KubeObject storageClass = name.isEmpty() ? null : classes.apply(name);
    return storageClass != null
        && storageClass.text("volumeBindingMode").equals("WaitForFirstConsumer");
  }
}
