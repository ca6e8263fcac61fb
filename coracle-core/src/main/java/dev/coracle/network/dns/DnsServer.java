package dev.coracle.network.dns;

import dev.coracle.client.Informers;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers DNS over UDP and TCP (RFC 1035, RFC 7766) on one address. A query that waits for the
 * machine's resolvers does not hold up others; there are never more than a bounded number at once.
 */
public final class DnsServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DnsServer.class);
  private static final int AT_ONCE = 256;
  private static final int LARGEST_QUERY = 4096;
  private static final int LARGEST_MESSAGE = 65_535;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final DnsResponder responder;
  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final Semaphore places = new Semaphore(AT_ONCE);

  private DnsServer(DnsResponder responder, DatagramSocket udp, ServerSocket tcp) {
    this.responder = responder;
    this.udp = udp;
    this.tcp = tcp;
  }

  /**
   * Starts on a port that the system chooses, the same for UDP and TCP.
   *
   * @param domain such as {@code cluster.local}
   * @throws IOException when the address is not there
   */
  public static DnsServer start(String address, String domain, Informers informers)
      throws IOException {
    InetAddress host = InetAddress.getByName(address);
    IOException last = new IOException("no free port");
    for (int attempt = 0; attempt < 16; attempt++) {
      ServerSocket tcp = new ServerSocket(0, 64, host);
      try {
        DatagramSocket udp = new DatagramSocket(new InetSocketAddress(host, tcp.getLocalPort()));
        DnsServer server =
            new DnsServer(
                new DnsResponder(new ClusterRecords(domain, informers), Upstream.ofMachine()),
                udp,
                tcp);
        Thread.ofPlatform().daemon(true).name("coracle-dns-udp").start(server::serveUdp);
        Thread.ofPlatform().daemon(true).name("coracle-dns-tcp").start(server::serveTcp);
        return server;
      } catch (SocketException e) {
        // UDP has something else on this port: another pair.
        tcp.close();
        last = e;
      }
    }
    throw last;
  }

  public int port() {
    return tcp.getLocalPort();
  }

  private void serveUdp() {
    byte[] buffer = new byte[LARGEST_QUERY];
    while (!udp.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        udp.receive(packet);
        byte[] query = new byte[packet.getLength()];
        System.arraycopy(buffer, 0, query, 0, query.length);
        var from = packet.getSocketAddress();
        if (places.tryAcquire()) {
          Thread.startVirtualThread(
              () -> {
                try {
                  byte[] answer = responder.respond(query, true);
                  if (answer.length > 0) {
                    udp.send(new DatagramPacket(answer, answer.length, from));
                  }
                } catch (IOException e) {
                  LOG.debug("a DNS answer could not be sent: {}", e.getMessage());
                } finally {
                  places.release();
                }
              });
        }
      } catch (IOException e) {
        if (!udp.isClosed()) {
          LOG.debug("a DNS query could not be received: {}", e.getMessage());
        }
      }
    }
  }

  private void serveTcp() {
    while (!tcp.isClosed()) {
      try {
        Socket connection = tcp.accept();
        if (!places.tryAcquire()) {
          connection.close();
          continue;
        }
        Thread.startVirtualThread(
            () -> {
              try (connection) {
                serve(connection);
              } catch (IOException e) {
                LOG.debug("a DNS connection ended: {}", e.getMessage());
              } finally {
                places.release();
              }
            });
      } catch (IOException e) {
        if (!tcp.isClosed()) {
          LOG.debug("a DNS connection could not be accepted: {}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket connection) throws IOException {
    connection.setSoTimeout((int) IDLE.toMillis());
    DataInputStream in = new DataInputStream(connection.getInputStream());
    DataOutputStream out = new DataOutputStream(connection.getOutputStream());
    while (true) {
      int high = in.read();
      if (high < 0) {
        return;
      }
      byte[] query = in.readNBytes(((high << 8) | in.readUnsignedByte()) & LARGEST_MESSAGE);
      byte[] answer = responder.respond(query, false);
      if (answer.length == 0) {
        return;
      }
      byte[] framed = new byte[answer.length + 2];
      framed[0] = (byte) (answer.length >> 8);
      framed[1] = (byte) answer.length;
      System.arraycopy(answer, 0, framed, 2, answer.length);
      out.write(framed);
      out.flush();
    }
  }

  @Override
  public void close() {
    udp.close();
    try {
      tcp.close();
    } catch (IOException e) {
      return;
    }
  }
}
