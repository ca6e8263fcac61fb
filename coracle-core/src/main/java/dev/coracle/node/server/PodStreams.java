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
import java.util.ArrayList;
import java.util.List;

/** What goes to and fro between clients and Pods: exec, attach, port-forward. */
final class PodStreams {

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
    try (stream) {
      session.onClose(() -> Thread.startVirtualThread(stream::close));
      Thread out = copy(stream.stdout(), session.stdout(), stream);
      Thread err = copy(stream.stderr(), session.stderr(), stream);
      if (options.stdin()) {
        Thread unused = Thread.startVirtualThread(() -> feed(session.stdin(), stream.stdin()));
      }
      if (options.tty()) {
        Thread unused = Thread.startVirtualThread(() -> resize(session, stream));
      }
      out.join();
      err.join();
      // Who is attached watches; how the container ended is in its status.
      return new CommandResult.Exited(attach ? 0 : stream.await());
    }
  }

  private static Thread copy(InputStream from, OutputStream to, ContainerStream stream) {
    return Thread.startVirtualThread(
        () -> {
          try {
            byte[] buffer = new byte[32768];
            int count;
            while ((count = from.read(buffer)) >= 0) {
              to.write(buffer, 0, count);
              to.flush();
            }
          } catch (IOException e) {
            // The client is gone, and so its command.
            stream.close();
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
