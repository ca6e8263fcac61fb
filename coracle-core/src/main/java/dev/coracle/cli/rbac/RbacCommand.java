package dev.coracle.cli.rbac;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code coracle rbac}: rights that are used, and why there are some or none. */
@Command(
    name = "rbac",
    description = "Records which rights a program uses, and explains decisions.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {RbacRecordCommand.class, RbacExplainCommand.class})
public final class RbacCommand implements Runnable {

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do: record or explain");
  }
}
