package dev.coracle.cli;

import dev.coracle.cli.rbac.RbacCommand;
import dev.coracle.cluster.start.StartException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** {@code coracle}: finds the command and turns every error into one sentence and an exit code. */
@Command(
    name = "coracle",
    description = "Kubernetes in one JVM process.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 done; 1 failed; 2 bad command line; 3 port taken; 4 data directory not writable;",
      "5 data directory held by another process; 6 no JDK 25; 7 not possible on this machine; 8 not running."
    },
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      ResetCommand.class,
      ProxyCommand.class,
      RbacCommand.class,
      TrainCommand.class,
      TrainProxyCommand.class
    })
public final class Main implements Runnable {

  /** Exit code of commands that need a running cluster when there is none. */
  static final int NOT_RUNNING = 8;

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  /** The product's and Kubernetes' version. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"coracle 0.1.0 (Kubernetes v1.36.2)"};
    }
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do: up, down, status, reset, proxy or rbac");
  }

  public static void main(String[] args) {
    System.exit(execute(args));
  }

  static int execute(String... args) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(
        (error, arguments) -> {
          CommandLine failed = error.getCommandLine();
          failed
              .getErr()
              .println(
                  "coracle: "
                      + sentence(error.getMessage())
                      + "; see '"
                      + failed.getCommandSpec().qualifiedName()
                      + " --help'");
          return 2;
        });
    commandLine.setExecutionExceptionHandler(
        (error, failed, parsed) -> {
          failed.getErr().println("coracle: " + sentence(error.getMessage()));
          if (System.getenv("CORACLE_DEBUG") != null) {
            error.printStackTrace(failed.getErr());
          }
          return error instanceof StartException start ? start.kind().exitCode() : 1;
        });
    return commandLine.execute(args);
  }

  /** One line without a full stop, whatever a library's message looks like. */
  private static String sentence(@org.jspecify.annotations.Nullable String message) {
    if (message == null || message.isBlank()) {
      return "failed for a reason unknown; CORACLE_DEBUG=1 shows more";
    }
    String line = message.strip().lines().findFirst().orElse("");
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }
}
