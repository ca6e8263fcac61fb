package dev.coracle.cluster.options;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which admission plugins decide, by kube-apiserver's flags.
 *
 * @param enabled {@code --enable-admission-plugins}: on besides those that are on anyway
 * @param disabled {@code --disable-admission-plugins}
 * @param config {@code --admission-control-config-file}; null for none
 */
public record AdmissionOptions(List<String> enabled, List<String> disabled, @Nullable Path config) {

  public static final AdmissionOptions USUAL = new AdmissionOptions(List.of(), List.of(), null);

  public AdmissionOptions {
    enabled = List.copyOf(enabled);
    disabled = List.copyOf(disabled);
  }

  /** Whether the plugins are those that are on anyway, with their own settings. */
  public boolean isUsual() {
    return enabled.isEmpty() && disabled.isEmpty() && config == null;
  }
}
