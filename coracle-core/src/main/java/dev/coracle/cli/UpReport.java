package dev.coracle.cli;

import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code coracle up} says. In the foreground it goes to the terminal; of a detached cluster it
 * goes to the log, and to the launcher until that has heard the outcome (a last line {@code exit
 * N}).
 */
final class UpReport implements StartupListener {

  private final PrintWriter out;
  private final PrintWriter err;
  private @Nullable OutputStream launcher;
  private boolean hinted;

  private UpReport(PrintWriter out, PrintWriter err, @Nullable OutputStream launcher) {
    this.out = out;
    this.err = err;
    this.launcher = launcher;
  }

  static UpReport to(@Nullable Path report, PrintWriter out, PrintWriter err) {
    OutputStream launcher = null;
    if (report != null) {
      try {
        launcher = Files.newOutputStream(report, StandardOpenOption.WRITE);
      } catch (IOException e) {
        // The launcher is gone already: the log has everything.
        launcher = null;
      }
    }
    return new UpReport(out, err, launcher);
  }

  @Override
  public synchronized void started(String part, String detail, long millis) {
    line(String.format(Locale.ROOT, "  %-12s %-58s %6d ms", part, detail, millis));
  }

  @Override
  public synchronized void degraded(String what) {
    line("  note         " + what);
  }

  synchronized void serving(Cluster cluster, ClusterOptions options, Duration took) {
    line(
        String.format(
            Locale.ROOT,
            "Serving at %s after %.2f s.",
            cluster.server(),
            took.toMillis() / 1000.0));
    hints(cluster, options);
    finish(0);
  }

  synchronized void ready(Cluster cluster, ClusterOptions options, Duration took) {
    line(String.format(Locale.ROOT, "Ready after %.2f s.", took.toMillis() / 1000.0));
    if (!hinted) {
      hints(cluster, options);
    }
    finish(0);
  }

  synchronized void notReady(Cluster cluster, Duration waited) {
    String message =
        "the node is not Ready after "
            + waited.toSeconds()
            + " s; see 'kubectl describe node' and what is printed above (it goes on trying)";
    if (launcher == null) {
      err.println("coracle: " + message);
      err.flush();
    }
    line("coracle: " + message + " at " + cluster.server());
    finish(1);
  }

  synchronized void failed(@Nullable String message, int exitCode) {
    String text = "coracle: " + message;
    if (launcher == null) {
      err.println(text);
      err.flush();
    } else {
      send(text);
    }
    finish(exitCode);
  }

  synchronized void stopping() {
    line("Stopping Pods and the cluster ...");
  }

  synchronized void stopped() {
    line("Stopped.");
  }

  private void hints(Cluster cluster, ClusterOptions options) {
    hinted = true;
    line("The context \"coracle\" is in " + cluster.kubeconfig() + ". Try:");
    if (options.only() == ClusterOptions.Part.ALL) {
      line("  kubectl get nodes");
      line(
          "  kubectl run hello --image=host --command -- sh -c 'echo Hello from $HOSTNAME; sleep"
              + " 3600'");
      line("  kubectl logs hello");
    } else {
      line("  kubectl get namespaces");
    }
    line(
        launcher == null
            ? "Ctrl-C stops everything."
            : "  coracle status    coracle down" + dataFlag(options));
  }

  private static String dataFlag(ClusterOptions options) {
    Path standard = dev.coracle.cluster.data.DataDirectory.defaultPath(System.getenv());
    return options.data().equals(standard.toAbsolutePath().normalize())
        ? ""
        : " --data " + options.data();
  }

  private void line(String text) {
    out.println(text);
    out.flush();
    send(text);
  }

  private void send(String text) {
    OutputStream stream = launcher;
    if (stream == null) {
      return;
    }
    try {
      stream.write((text + "\n").getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      // The launcher was interrupted: go on without it.
      launcher = null;
    }
  }

  private void finish(int exitCode) {
    send("exit " + exitCode);
    OutputStream stream = launcher;
    launcher = null;
    if (stream != null) {
      try {
        stream.close();
      } catch (IOException e) {
        return;
      }
    }
  }
}
