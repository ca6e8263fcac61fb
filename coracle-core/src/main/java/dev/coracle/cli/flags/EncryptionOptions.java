package dev.coracle.cli.flags;

import dev.coracle.cluster.options.ApiServerOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** kube-apiserver's options of encryption at rest. */
public final class EncryptionOptions {

  @Option(
      names = "--encryption-provider-config",
      paramLabel = "FILE",
      description = "How objects are enciphered in the store: an EncryptionConfiguration.")
  private @Nullable Path config;

  @Option(names = "--encryption-provider-config-automatic-reload", arity = "0..1", hidden = true)
  private boolean reload;

  /**
   * @throws IllegalArgumentException in kube-apiserver's words
   */
  public ApiServerOptions.@Nullable Encryption config() {
    if (config == null) {
      if (reload) {
        throw new IllegalArgumentException(
            "--encryption-provider-config-automatic-reload must be set with"
                + " --encryption-provider-config");
      }
      return null;
    }
    return new ApiServerOptions.Encryption(config, reload);
  }
}
