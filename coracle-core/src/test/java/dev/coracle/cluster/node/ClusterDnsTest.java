package dev.coracle.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.Patience;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.SystemClock;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.cluster.TestCluster;
import dev.coracle.network.dns.DnsServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/** The cluster's DNS over real sockets, fed by a real API server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterDnsTest {

  private TestCluster cluster;
  private SystemClock clock;
  private Informers informers;
  private DnsServer server;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    cluster = TestCluster.controlPlane(directory);
    clock = new SystemClock();
    informers = new InformerFactory(cluster.client(), clock);
    server = DnsServer.start("127.0.0.1", "cluster.local", informers);
    service("web", "10.96.7.7", "http", 80);
    service("db", "None", "sql", 5432);
    slice("db", "sql", 5432, "10.244.0.8", "db-0");
    slice("web", "http", 8080, "10.244.0.9", "");
    await()
        .untilAsserted(
            () -> assertThat(ask("web.default.svc.cluster.local.", Type.A)).isNotEmpty());
    await()
        .untilAsserted(() -> assertThat(ask("db.default.svc.cluster.local.", Type.A)).isNotEmpty());
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
    informers.close();
    clock.close();
    cluster.close();
  }

  private void service(String name, String address, String port, int number) {
    ObjectNode service = Json.object().put("apiVersion", "v1").put("kind", "Service");
    service.putObject("metadata").put("name", name);
    ObjectNode spec = service.putObject("spec").put("clusterIP", address);
    spec.putArray("ports").addObject().put("name", port).put("port", number);
    cluster.client().create(GroupVersionResource.core("services"), "default", service);
  }

  private void slice(String service, String port, int number, String address, String hostname) {
    ObjectNode slice =
        Json.object().put("apiVersion", "discovery.k8s.io/v1").put("kind", "EndpointSlice");
    slice
        .putObject("metadata")
        .put("name", service + "-1")
        .putObject("labels")
        .put("kubernetes.io/service-name", service);
    slice.put("addressType", "IPv4");
    ObjectNode endpoint = slice.putArray("endpoints").addObject();
    endpoint.putArray("addresses").add(address);
    endpoint.putObject("conditions").put("ready", true);
    if (!hostname.isEmpty()) {
      endpoint.put("hostname", hostname);
    }
    slice.putArray("ports").addObject().put("name", port).put("port", number);
    cluster
        .client()
        .create(
            GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"), "default", slice);
  }

  private Message message(String name, int type, boolean tcp) throws IOException {
    return resolver(tcp).send(query(name, type));
  }

  private SimpleResolver resolver(boolean tcp) throws IOException {
    SimpleResolver resolver = new SimpleResolver("127.0.0.1");
    resolver.setPort(server.port());
    resolver.setTCP(tcp);
    resolver.setTimeout(Patience.LIMIT);
    return resolver;
  }

  private static Message query(String name, int type) throws IOException {
    return Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN));
  }

  private List<String> ask(String name, int type) throws IOException {
    List<String> answers = new ArrayList<>();
    message(name, type, false)
        .getSection(Section.ANSWER)
        .forEach(record -> answers.add(record.rdataToString()));
    return answers;
  }

  @Test
  void service_hasItsClusterIp_overUdpAndTcp() throws IOException {
    assertThat(ask("web.default.svc.cluster.local.", Type.A)).containsExactly("10.96.7.7");
    assertThat(message("web.default.svc.cluster.local.", Type.A, true).getSection(Section.ANSWER))
        .hasSize(1);
    assertThat(ask("WEB.default.SVC.cluster.local.", Type.A)).containsExactly("10.96.7.7");
  }

  @Test
  void headlessService_hasItsEndpoints_andTheirNames() throws IOException {
    assertThat(ask("db.default.svc.cluster.local.", Type.A)).containsExactly("10.244.0.8");
    assertThat(ask("db-0.db.default.svc.cluster.local.", Type.A)).containsExactly("10.244.0.8");
  }

  @Test
  void namedPorts_haveServiceRecords() throws IOException {
    assertThat(ask("_http._tcp.web.default.svc.cluster.local.", Type.SRV))
        .containsExactly("0 100 80 web.default.svc.cluster.local.");
    assertThat(ask("_sql._tcp.db.default.svc.cluster.local.", Type.SRV))
        .containsExactly("0 100 5432 db-0.db.default.svc.cluster.local.");
    assertThat(
            message("_other._tcp.web.default.svc.cluster.local.", Type.SRV, false)
                .getHeader()
                .getRcode())
        .isEqualTo(Rcode.NXDOMAIN);
  }

  @Test
  void addresses_haveNames() throws IOException {
    assertThat(ask("7.7.96.10.in-addr.arpa.", Type.PTR))
        .containsExactly("web.default.svc.cluster.local.");
    assertThat(ask("8.0.244.10.in-addr.arpa.", Type.PTR))
        .containsExactly("db-0.db.default.svc.cluster.local.");
    assertThat(ask("10-244-0-8.default.pod.cluster.local.", Type.A)).containsExactly("10.244.0.8");
  }

  @Test
  void theBareNameKubernetes_leadsToTheApiServer_fromEveryNamespace() throws IOException {
    assertThat(ask("kubernetes.default.svc.cluster.local.", Type.A)).containsExactly("10.96.0.1");
    // What a resolver asks for "kubernetes" with the search domains of a Pod elsewhere.
    assertThat(
            ask("kubernetes.kube-public.svc.cluster.local.", Type.A).isEmpty()
                && ask("kubernetes.svc.cluster.local.", Type.A).isEmpty())
        .isFalse();
  }

  @Test
  void unknownNames_doNotExist_andOtherTypesAreEmpty() throws IOException {
    assertThat(message("nothing.default.svc.cluster.local.", Type.A, false).getHeader().getRcode())
        .isEqualTo(Rcode.NXDOMAIN);
    Message empty = message("web.default.svc.cluster.local.", Type.AAAA, false);
    assertThat(empty.getHeader().getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(empty.getSection(Section.ANSWER)).isEmpty();
  }

  @Test
  void unknownName_ofResolverWithExtensions_doesNotExistEither() throws IOException {
    SimpleResolver resolver = resolver(false);
    resolver.setEDNS(0, 1232, 0);

    Message answer = resolver.send(query("nothing.default.svc.cluster.local.", Type.A));

    assertThat(answer.getOPT()).isNotNull();
    // The header's code with the extension's upper bits: dig's search list goes on for this alone.
    assertThat(answer.getRcode()).isEqualTo(Rcode.NXDOMAIN);
  }
}
