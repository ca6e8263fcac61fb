package dev.coracle.cli.flags;

import dev.coracle.cluster.options.AdmissionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** kube-apiserver's flags of admission. */
public final class AdmissionFlags {

  @Option(
      names = "--enable-admission-plugins",
      paramLabel = "NAME",
      split = ",",
      description = "Admission plugins besides the default ones.")
  private List<String> enabled = new ArrayList<>();

  @Option(
      names = "--disable-admission-plugins",
      paramLabel = "NAME",
      split = ",",
      description = "Default admission plugins that are not to decide.")
  private List<String> disabled = new ArrayList<>();

  @Option(
      names = "--admission-control-config-file",
      paramLabel = "FILE",
      description = "An AdmissionConfiguration: settings of PodSecurity and ResourceQuota.")
  private @Nullable Path config;

  public AdmissionOptions options() {
    return new AdmissionOptions(enabled, disabled, config);
  }
}
