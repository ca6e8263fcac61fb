package dev.coracle.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.Json;
import dev.coracle.client.views.EndpointSlice;
import dev.coracle.client.views.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bridge and the rules with real namespaces, real nftables and real connections. */
class PodNetworkTest {

  private static final int PORT = 8080;

  @TempDir Path directory;
  private String id = "";
  private PodBridge bridge;
  private final List<String> namespaces = new ArrayList<>();
  private final List<Process> servers = new ArrayList<>();

  @BeforeEach
  void makeBridge() throws IOException {
    assumeTrue(PodBridge.obstacle() == null, "needs ip and nft");
    assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs rights for network namespaces");
    id = PodBridge.id(directory);
    bridge = PodBridge.create(id, Cidr.parse("10.244.0.0/24"), Cidr.parse("10.244.0.0/16"));
  }

  @AfterEach
  void removeAll() throws IOException {
    servers.forEach(Process::destroyForcibly);
    for (String namespace : namespaces) {
      Tool.run("", "ip", "netns", "delete", namespace);
    }
    ServiceProxy.cleanUp(id);
    if (bridge != null) {
      bridge.close();
      assertThat(Tool.run("", "ip", "-o", "link", "show")).doesNotContain(bridge.bridge());
      assertThat(Tool.run("", "nft", "list", "tables")).doesNotContain(id);
    }
  }

  private String pod(String name) throws IOException {
    String namespace = "ct" + id + name;
    Tool.run("", "ip", "netns", "add", namespace);
    namespaces.add(namespace);
    return bridge.attach(name, Path.of("/run/netns/" + namespace));
  }

  private void serve(String name) throws IOException {
    String script =
        "import http.server\n"
            + "class H(http.server.BaseHTTPRequestHandler):\n"
            + "  def log_message(s,*a): pass\n"
            + "  def do_GET(s):\n"
            + "    b=('"
            + name
            + " '+s.client_address[0]).encode()\n"
            + "    s.send_response(200);s.send_header('Content-Length',str(len(b)));s.end_headers();s.wfile.write(b)\n"
            + "http.server.ThreadingHTTPServer(('',"
            + PORT
            + "),H).serve_forever()\n";
    Path file = Files.writeString(directory.resolve(name + ".py"), script);
    servers.add(
        new ProcessBuilder("ip", "netns", "exec", "ct" + id + name, "python3", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(name + ".log").toFile())
            .start());
  }

  private String curl(String from, String url) throws IOException {
    List<String> command = new ArrayList<>();
    if (!from.isEmpty()) {
      command.addAll(List.of("ip", "netns", "exec", "ct" + id + from));
    }
    command.addAll(List.of("curl", "-s", "-m", "60", url));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes());
  }

  private static Service service(String address, int nodePort) {
    ObjectNode service = Json.object();
    service.putObject("metadata").put("namespace", "default").put("name", "web");
    ObjectNode spec = service.putObject("spec").put("clusterIP", address);
    spec.putArray("clusterIPs").add(address);
    spec.putArray("ports")
        .addObject()
        .put("name", "http")
        .put("port", 80)
        .put("nodePort", nodePort);
    return Service.of(service);
  }

  private static EndpointSlice slice(String... addresses) {
    ObjectNode slice = Json.object().put("addressType", "IPv4");
    slice.putArray("ports").addObject().put("name", "http").put("port", PORT);
    var endpoints = slice.putArray("endpoints");
    for (String address : addresses) {
      ObjectNode endpoint = endpoints.addObject();
      endpoint.putArray("addresses").add(address);
      endpoint.putObject("conditions").put("ready", true);
    }
    return EndpointSlice.of(slice);
  }

  private void apply(List<Service> services, Map<String, List<EndpointSlice>> slices)
      throws IOException {
    ServiceRules.Machine machine =
        new ServiceRules.Machine(
            ServiceProxy.tableName(id), bridge.bridge(), bridge.gateway(), bridge.network(), false);
    RulesTable.replace(machine.table(), ServiceRules.render(machine, services, slices));
  }

  @Test
  void service_fromPodHostAndItself_reachesItsEndpoints() throws IOException {
    String first = pod("a");
    String second = pod("b");
    serve("a");
    await().until(() -> curl("b", "http://" + first + ":8080/").startsWith("a "));
    int nodePort = 30000 + Math.floorMod(id.hashCode(), 2000);

    apply(List.of(service("10.96.77.7", nodePort)), Map.of("default/web", List.of(slice(first))));

    assertThat(curl("b", "http://10.96.77.7/")).as("from another Pod").isEqualTo("a " + second);
    assertThat(curl("a", "http://10.96.77.7/")).as("from itself").startsWith("a ");
    assertThat(curl("", "http://10.96.77.7/")).as("from the machine").startsWith("a ");
    assertThat(curl("", "http://127.0.0.1:" + nodePort + "/")).as("node port").startsWith("a ");
    assertThat(curl("b", "http://" + bridge.gateway() + ":" + nodePort + "/"))
        .as("node port from a Pod")
        .startsWith("a ");

    serve("b");
    await().until(() -> curl("a", "http://" + second + ":8080/").startsWith("b "));
    apply(
        List.of(service("10.96.77.7", nodePort)),
        Map.of("default/web", List.of(slice(first, second))));
    await().until(() -> curl("b", "http://10.96.77.7/").startsWith("b "));
    await().until(() -> curl("b", "http://10.96.77.7/").startsWith("a "));
  }

  @Test
  void hostPort_ofAnAddressOrOfAll_leadsToItsPodUntilItGoes() throws IOException {
    String address = pod("a");
    pod("b");
    serve("a");
    await().until(() -> curl("b", "http://" + address + ":8080/").startsWith("a "));
    HostPorts ports = new HostPorts(bridge, false);
    int everywhere = 32000 + Math.floorMod(id.hashCode(), 500);
    int onGateway = everywhere + 500;

    ports.add(
        "a",
        address,
        List.of(
            new HostPorts.Mapping("", "tcp", everywhere, PORT),
            new HostPorts.Mapping(bridge.gateway(), "tcp", onGateway, PORT)));

    String gateway = "http://" + bridge.gateway() + ":";
    assertThat(curl("", "http://127.0.0.1:" + everywhere)).as("loopback").startsWith("a ");
    assertThat(curl("", gateway + everywhere)).as("another address").startsWith("a ");
    assertThat(curl("b", gateway + everywhere)).as("from another Pod").startsWith("a ");
    assertThat(curl("a", gateway + everywhere)).as("from itself").startsWith("a ");
    assertThat(curl("", gateway + onGateway)).as("its address").startsWith("a ");
    assertThat(curl("", "http://127.0.0.1:" + onGateway)).as("not its address").isEmpty();

    ports.remove("a");
    assertThat(curl("", "http://127.0.0.1:" + everywhere)).isEmpty();
    assertThat(Tool.run("", "nft", "list", "tables")).doesNotContain(HostPorts.tableName(id));
  }

  private static Service sticky(String address, int seconds) {
    ObjectNode service = service(address, 0).node().deepCopy();
    ObjectNode spec = (ObjectNode) service.path("spec");
    spec.put("sessionAffinity", "ClientIP");
    spec.putObject("sessionAffinityConfig").putObject("clientIP").put("timeoutSeconds", seconds);
    return Service.of(service);
  }

  @Test
  void service_withAffinity_keepsItsClientsUntilTheyStayAway() throws IOException {
    List<String> addresses = List.of(pod("a"), pod("b"), pod("c"));
    serve("a");
    serve("b");
    await()
        .until(
            () ->
                curl("c", "http://" + addresses.get(0) + ":8080/").startsWith("a ")
                    && curl("c", "http://" + addresses.get(1) + ":8080/").startsWith("b "));
    Map<String, List<EndpointSlice>> both =
        Map.of("default/web", List.of(slice(addresses.get(0), addresses.get(1))));
    apply(List.of(sticky("10.96.77.9", 600)), both);
    String first = curl("c", "http://10.96.77.9/");

    assertThat(first).isNotEmpty();
    for (int i = 0; i < 8; i++) {
      assertThat(curl("c", "http://10.96.77.9/")).isEqualTo(first);
    }
    // The rules are written anew, as for any change of any Service.
    for (int i = 0; i < 8; i++) {
      apply(List.of(sticky("10.96.77.9", 600), service("10.96.77.10", 0)), both);
      assertThat(curl("c", "http://10.96.77.9/")).isEqualTo(first);
    }

    apply(List.of(sticky("10.96.77.9", 1)), both);
    await()
        .pollInterval(Duration.ofMillis(1300))
        .until(() -> !curl("c", "http://10.96.77.9/").equals(first));
  }

  @Test
  void service_withoutEndpoints_refusesAtOnce() throws IOException {
    pod("a");
    apply(List.of(service("10.96.77.8", 0)), Map.of());
    Process process =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                "ct" + id + "a",
                "curl",
                "-sS",
                "-m",
                "60",
                "http://10.96.77.8/")
            .redirectErrorStream(true)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes())).contains("curl: (7)");
  }

  @Test
  void attach_twice_givesTheSameAddressAndDetachFreesIt() throws IOException {
    String address = pod("a");
    assertThat(bridge.network().contains(address)).isTrue();
    bridge.detach("a");
    assertThat(Tool.run("", "ip", "-n", "ct" + id + "a", "-o", "link", "show"))
        .doesNotContain("eth0");
  }
}
