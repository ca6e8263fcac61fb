package dev.coracle.network.dns;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The machine's own resolvers ({@code /etc/resolv.conf}), asked with the query as it came. */
final class Upstream {

  private static final Path CONFIGURATION = Path.of("/etc/resolv.conf");
  private static final int TIMEOUT_MILLIS = 2000;
  private static final int LARGEST = 65_535;

  private final List<InetAddress> servers;

  private Upstream(List<InetAddress> servers) {
    this.servers = servers;
  }

  static Upstream ofMachine() {
    List<InetAddress> servers = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(CONFIGURATION)) {
        String[] words = line.strip().split("\\s+", -1);
        if (words.length >= 2 && words[0].equals("nameserver") && !words[1].contains("%")) {
          servers.add(InetAddress.getByName(words[1]));
        }
      }
    } catch (IOException e) {
      // A machine without resolvers: only the cluster's names are known.
      return new Upstream(List.of());
    }
    return new Upstream(List.copyOf(servers));
  }

  /** The answer of the first server that answers, or null. */
  byte @Nullable [] ask(byte[] query, boolean udp) {
    for (InetAddress server : servers) {
      try {
        return udp ? askUdp(query, server) : askTcp(query, server);
      } catch (IOException e) {
        // This one does not answer: the next one may.
        continue;
      }
    }
    return null;
  }

  private static byte[] askUdp(byte[] query, InetAddress server) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress(server, 53));
      socket.send(new DatagramPacket(query, query.length));
      byte[] buffer = new byte[LARGEST];
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      do {
        socket.receive(packet);
      } while (packet.getLength() < 2 || buffer[0] != query[0] || buffer[1] != query[1]);
      byte[] answer = new byte[packet.getLength()];
      System.arraycopy(buffer, 0, answer, 0, answer.length);
      return answer;
    }
  }

  private static byte[] askTcp(byte[] query, InetAddress server) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress(server, 53), TIMEOUT_MILLIS);
      byte[] framed = new byte[query.length + 2];
      framed[0] = (byte) (query.length >> 8);
      framed[1] = (byte) query.length;
      System.arraycopy(query, 0, framed, 2, query.length);
      socket.getOutputStream().write(framed);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return in.readNBytes(in.readUnsignedShort());
    }
  }
}
