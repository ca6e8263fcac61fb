package dev.coracle.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The launcher's rehearsal of {@code coracle proxy}, for its archive of classes. */
@Command(name = "train-proxy", hidden = true)
final class TrainProxyCommand implements Callable<Integer> {

  @Parameters(arity = "1..*")
  private List<String> command = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return ProxyRehearsal.run(command) ? 0 : 1;
  }
}
