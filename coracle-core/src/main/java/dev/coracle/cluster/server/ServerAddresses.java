package dev.coracle.cluster.server;

import dev.coracle.api.Cidr;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.cluster.node.Machine;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Where the API server listens, by which names it is known, and where others reach it. */
public final class ServerAddresses {

  private final ClusterOptions options;
  private final Machine machine;

  public ServerAddresses(ClusterOptions options, Machine machine) {
    this.options = options;
    this.machine = machine;
  }

  /** The certificate of the cluster's own authority for all of its names. */
  KeyAndCertificate certificate(Pki pki) throws IOException {
    List<String> names =
        new ArrayList<>(
            List.of(
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
                machine.nodeName()));
    List<String> ips =
        new ArrayList<>(List.of("127.0.0.1", Cidr.parse(options.serviceCidr()).address(1)));
    if (!ips.contains(machine.reachableAddress())) {
      ips.add(machine.reachableAddress());
    }
    List<String> more = new ArrayList<>(options.servingNames());
    more.add(options.listenHost());
    if (options.listenHost().equals("0.0.0.0") || options.listenHost().equals("::")) {
      more.addAll(Machine.addresses());
    }
    for (String name : more) {
      boolean address = name.matches("[0-9.]+") || name.contains(":");
      List<String> into = address ? ips : names;
      if (!into.contains(name) && !name.equals("::")) {
        into.add(name);
      }
    }
    return pki.server("apiserver", "kube-apiserver", names, ips);
  }

  /** Where it listens: as asked, and where Pods come from. */
  SocketAddress[] listening() {
    List<SocketAddress> addresses = new ArrayList<>();
    try {
      addresses.add(
          new InetSocketAddress(InetAddress.getByName(options.listenHost()), options.listenPort()));
      String gateway = machine.gateway();
      if (gateway != null && !options.listenHost().equals("0.0.0.0")) {
        addresses.add(new InetSocketAddress(InetAddress.getByName(gateway), options.listenPort()));
      }
    } catch (UnknownHostException e) {
      throw new StartException(
          StartException.Kind.FAILED,
          "the host of --listen is unknown: " + options.listenHost(),
          e);
    }
    return addresses.toArray(new SocketAddress[0]);
  }

  /**
   * Opens the door.
   *
   * @throws StartException with what to do when the address can't be had
   */
  void open(ApiServer apiServer) throws IOException {
    try {
      apiServer.listen();
    } catch (BindException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("in use")) {
        throw new StartException(
            StartException.Kind.PORT_TAKEN,
            "port "
                + options.listenPort()
                + " of "
                + options.listenHost()
                + " is taken; choose another with --listen, or let the system choose: --listen "
                + host(options.listenHost())
                + ":0",
            e);
      }
      throw new StartException(
          StartException.Kind.FAILED,
          "can't listen on " + message + "; choose another with --listen",
          e);
    }
  }

  /** Whether Pods reach it on a network of their own. */
  boolean onPodNetwork() {
    return machine.gateway() != null;
  }

  /** Its URL for clients on this machine. */
  public String url(ApiServer apiServer) {
    return "https://" + host(options.listenHost()) + ":" + apiServer.port();
  }

  /** Where Pods reach the API server. */
  public InetSocketAddress forPods(ApiServer apiServer) {
    List<SocketAddress> addresses = apiServer.addresses();
    boolean second = machine.gateway() != null && addresses.size() > 1;
    int port =
        second && addresses.get(1) instanceof InetSocketAddress address
            ? address.getPort()
            : apiServer.port();
    String listening = options.listenHost();
    boolean everywhere = listening.equals("0.0.0.0") || listening.equals("::");
    boolean local = machine.gateway() != null || everywhere || listening.equals("localhost");
    return InetSocketAddress.createUnresolved(local ? machine.reachableAddress() : listening, port);
  }

  private static String host(String host) {
    if (host.equals("0.0.0.0")) {
      return "127.0.0.1";
    }
    return host.contains(":") ? "[" + host + "]" : host;
  }
}
