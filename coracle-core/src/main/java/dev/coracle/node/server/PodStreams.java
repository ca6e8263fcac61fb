package dev.coracle.node.server;

import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.streaming.CommandResult;
import dev.coracle.http.streaming.PortForwardServer;
import dev.coracle.http.streaming.PortForwardTarget;
import dev.coracle.http.streaming.RemoteCommandOptions;
import dev.coracle.http.streaming.RemoteCommandServer;
import dev.coracle.http.streaming.RemoteCommandSession;
import dev.coracle.http.streaming.TerminalSize;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What goes to and fro between clients and Pods: exec, attach, port-forward. */
final class PodStreams {

  /** How long a command may go on whose client is gone. */
  private static final Duration LEFT_ALONE = Duration.ofSeconds(10);

  private final ContainerRuntime runtime;
  private final NodeServer.Pods pods;

  PodStreams(ContainerRuntime runtime, NodeServer.Pods pods) {
    this.runtime = runtime;
    this.pods = pods;
  }

  /**
   * @param what {@code exec}, {@code attach} or {@code portForward}, where the path begins
   */
  void serve(
      HttpRequest request, HttpResponder responder, String what, List<String> path, Query query)
      throws IOException {
    boolean forward = what.equals("portForward");
    if (path.size() < 3 || (!forward && path.size() < 4)) {
      Answers.text(responder, 404, "404 page not found\n");
      return;
    }
    // /exec/NS/POD/CONTAINER, or with the Pod's uid before the container.
    String namespace = path.get(1);
    String pod = path.get(2);
    if (pods.find(namespace, pod) == null) {
      Answers.text(responder, 404, "pod does not exist");
      return;
    }
    if (forward) {
      forward(request, responder, namespace, pod, query);
      return;
    }
    boolean attach = what.equals("attach");
    String container = path.getLast();
    String id = pods.runningContainer(namespace, pod, container);
    if (id == null) {
      String missing =
          attach
              ? "container " + container + " not found in pod " + pod + "_" + namespace
              : "container not found (\"" + container + "\")";
      Answers.text(responder, 500, missing);
      return;
    }
    RemoteCommandOptions options = RemoteCommandOptions.of(query.values());
    RemoteCommandServer.serve(
        request,
        responder,
        options,
        session -> run(session, options, id, attach, query.all("command")));
  }

  private CommandResult run(
      RemoteCommandSession session,
      RemoteCommandOptions options,
      String id,
      boolean attach,
      List<String> command)
      throws InterruptedException {
    ContainerStream stream;
    try {
      stream =
          attach
              ? runtime.attach(id, options.stdin(), options.stdout(), options.stderr())
              : runtime.exec(id, new ExecRequest(command, options.stdin(), options.tty()));
    } catch (RuntimeFailure e) {
      return new CommandResult.Failed(
          (attach ? "error attaching to container: " : "error executing command in container: ")
              + e.text());
    }
    CountDownLatch ended = new CountDownLatch(1);
    try (stream) {
      Thread out = copy(stream.stdout(), session.stdout());
      Thread err = copy(stream.stderr(), session.stderr());
      Thread in =
          Thread.startVirtualThread(
              options.stdin() ? () -> feed(session.stdin(), stream.stdin()) : () -> {});
      boolean leaves = attach || options.tty();
      session.onClose(() -> Thread.startVirtualThread(() -> leave(stream, in, ended, leaves)));
      if (options.tty()) {
        Thread unused = Thread.startVirtualThread(() -> resize(session, stream));
      }
      out.join();
      err.join();
      // Who is attached watches; how the container ended is in its status.
      return new CommandResult.Exited(attach ? 0 : stream.await());
    } finally {
      ended.countDown();
    }
  }

  /**
   * The client is gone. Its command gets what was sent for it, and time to do it: clients upload
   * files by sending them to a command and closing the connection.
   *
   * @param atOnce whether that is all
   */
  private static void leave(
      ContainerStream stream, Thread in, CountDownLatch ended, boolean atOnce) {
    try {
      boolean fed = in.join(LEFT_ALONE);
      if (fed && !atOnce) {
        boolean unused = ended.await(LEFT_ALONE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      stream.close();
    }
  }

  /** Copies; when the client is gone, what comes is dropped. */
  private static Thread copy(InputStream from, OutputStream to) {
    return Thread.startVirtualThread(
        () -> {
          OutputStream out = to;
          byte[] buffer = new byte[32768];
          try {
            int count;
            while ((count = from.read(buffer)) >= 0) {
              try {
                out.write(buffer, 0, count);
                out.flush();
              } catch (IOException e) {
                out = OutputStream.nullOutputStream();
              }
            }
          } catch (IOException e) {
            return;
          }
        });
  }

  private static void feed(InputStream from, OutputStream to) {
    try (to) {
      byte[] buffer = new byte[32768];
      int count;
      while ((count = from.read(buffer)) >= 0) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException e) {
      // One of both has ended; the other ends by itself.
      return;
    }
  }

  private static void resize(RemoteCommandSession session, ContainerStream stream) {
    try {
      TerminalSize size;
      while ((size = session.nextResize()) != null) {
        stream.resize(size.width(), size.height());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void forward(
      HttpRequest request, HttpResponder responder, String namespace, String pod, Query query)
      throws IOException {
    String sandbox = pods.sandbox(namespace, pod);
    if (sandbox == null) {
      Answers.text(responder, 404, "pod does not run");
      return;
    }
    List<Integer> ports = new ArrayList<>();
    for (String value : query.all("port")) {
      for (String port : value.split(",")) {
        ports.add(Integer.parseInt(port));
      }
    }
    PortForwardServer.serve(
        request, responder, ports, port -> target(runtime.connect(sandbox, port)));
  }

  private static PortForwardTarget target(PortConnection connection) {
    return new PortForwardTarget() {
      @Override
      public InputStream input() {
        return connection.input();
      }

      @Override
      public OutputStream output() {
        return connection.output();
      }

      @Override
      public void close() {
        try {
          connection.close();
        } catch (IOException e) {
          return;
        }
      }
    };
  }
}
