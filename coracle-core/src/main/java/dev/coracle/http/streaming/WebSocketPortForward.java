package dev.coracle.http.streaming;

import dev.coracle.http.WebSocketSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Two WebSocket channels for each port: data on the even one, errors on the odd one. Each begins
 * with the port's number in two bytes, the lower one first.
 */
final class WebSocketPortForward {

  private final WebSocketSession session;
  private final ChannelProtocol channels;
  private final List<Integer> ports;
  private final PortForwardServer.Connector connector;
  private final ForwardedConnection.Targets targets = new ForwardedConnection.Targets();
  private final List<ByteQueue> inputs = new ArrayList<>();

  WebSocketPortForward(
      WebSocketSession session, List<Integer> ports, PortForwardServer.Connector connector) {
    this.session = session;
    this.channels = new ChannelProtocol(session);
    this.ports = ports;
    this.connector = connector;
  }

  void run() throws IOException {
    List<Thread> forwards = new ArrayList<>();
    try (session) {
      session.onClose(targets::closeAll);
      for (int i = 0; i < ports.size(); i++) {
        int port = ports.get(i);
        byte[] number = {(byte) port, (byte) (port >> 8)};
        channels.send(2 * i, number);
        channels.send(2 * i + 1, number.clone());
        inputs.add(new ByteQueue());
      }
      for (int i = 0; i < ports.size(); i++) {
        int number = i;
        forwards.add(Thread.ofVirtual().name("port-forward").start(() -> forward(number)));
      }
      Thread receiver = Thread.ofVirtual().name("port-forward-in").start(this::receive);
      for (Thread forward : forwards) {
        forward.join();
      }
      session.close();
      receiver.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      inputsEnd();
    }
  }

  private void forward(int number) {
    ForwardedConnection.forward(
        targets,
        ports.get(number),
        connector,
        inputs.get(number),
        channels.output(2 * number),
        channels.output(2 * number + 1));
  }

  private void receive() {
    try {
      for (var message = channels.receive(); message != null; message = channels.receive()) {
        int channel = message.channel();
        if (channel % 2 == 0 && channel / 2 < inputs.size()) {
          inputs.get(channel / 2).put(message.data());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      inputsEnd();
    }
  }

  private void inputsEnd() {
    for (ByteQueue input : List.copyOf(inputs)) {
      input.end();
    }
  }
}
