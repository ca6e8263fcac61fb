package dev.coracle.registry.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryFixture;
import dev.coracle.registry.ResourceType;
import org.junit.jupiter.api.Test;

/** What is otherwise with some kinds. */
class StrategiesTest extends RegistryFixture {

  /** For CN=jane, in PEM, in base64. */
  private static final String SIGNING_REQUEST =
      ""
          + "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01IRUNBUUF3RHpFTk1Bc0dBMVVF"
          + "QXd3RWFtRnVaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkwwazNuL3Yycnl2UDVC"
          + "NjBPcjdROU1wZmVhTnAvR2lzcktkOVhoK1JKUVRpck1IQXBZWldBelE1dkpHClJNSHdEcDBmcWJScFhs"
          + "Qit3ZDlUUGV0L1lPNmdBREFLQmdncWhrak9QUVFEQWdOSkFEQkdBaUVBbTdPSVd3alcKWmNkc0FhSXlI"
          + "bkJrUDRRaXF1bVlTL1p1bTdXR2pBaDIyQklDSVFDbktKQ3hBemtSZHNjNC9jdnlqTWJJakpRNgozUUJ1"
          + "anU1T0lwN3lxWTYyYUE9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

  @Test
  void delete_scheduledPod_waitsForTheKubelet() {
    create(
        "pods",
        "a",
        "{'metadata':{'name':'p'},'spec':{'nodeName':'n','terminationGracePeriodSeconds':7,'containers':[{'name':'c','image':'i'}]}}");
    KubeObject marked = delete("pods", "a", "p", DeleteOptions.DEFAULT).object();
    assertThat(marked.at("metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(7);
    assertThat(marked.deletionTimestamp()).isEqualTo("2026-11-21T04:00:07Z");
    assertThat(marked.generation()).isEqualTo(2);

    KubeObject shorter =
        delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(1)).object();
    assertThat(shorter.at("metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(1);
    assertThat(shorter.deletionTimestamp()).isEqualTo("2026-11-21T04:00:01Z");
    assertThat(shorter.generation()).isEqualTo(2);
    assertThat(
            delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(60))
                .object()
                .at("metadata", "deletionGracePeriodSeconds")
                .asInt())
        .isEqualTo(1);

    Registry.Deleted gone =
        delete("pods", "a", "p", DeleteOptions.DEFAULT.withGracePeriodSeconds(0));
    assertThat(gone.gone()).isTrue();
    assertThat(gone.answersObject()).isTrue();
    assertStatus(() -> get("pods", "a", "p"), 404, "pods \"p\" not found");
  }

  @Test
  void delete_unscheduledPod_goesAtOnce() {
    create(
        "pods", "a", "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    Registry.Deleted deleted = delete("pods", "a", "p", DeleteOptions.DEFAULT);
    assertThat(deleted.gone()).isTrue();
    assertThat(deleted.object().generation()).isEqualTo(2);
    assertThat(deleted.object().at("metadata", "deletionGracePeriodSeconds").asInt(-1)).isZero();
  }

  @Test
  void namespace_deletedThenFinalized_goesWhenNothingHoldsIt() {
    KubeObject terminating = delete("namespaces", "", "a", DeleteOptions.DEFAULT).object();
    assertThat(terminating.text("status", "phase")).isEqualTo("Terminating");
    assertThat(terminating.isDeleting()).isTrue();
    registry.update(
        context,
        type("namespaces"),
        "",
        "a",
        "finalize",
        json("{'metadata':{'name':'a'},'spec':{'finalizers':[]}}"),
        NONE);
    assertStatus(() -> get("namespaces", "", "a"), 404, "namespaces \"a\" not found");
  }

  @Test
  void job_created_selectsItsOwnPods() {
    KubeObject job =
        create(
            "jobs",
            "a",
            "{'metadata':{'name':'j'},'spec':{'template':{'spec':{'restartPolicy':'Never',"
                + "'containers':[{'name':'c','image':'i'}]}}}}");
    assertThat(
            job.at("spec", "selector", "matchLabels")
                .path("batch.kubernetes.io/controller-uid")
                .asText())
        .isEqualTo(job.uid());
    assertThat(job.at("spec", "template", "metadata", "labels").path("job-name").asText())
        .isEqualTo("j");
  }

  @Test
  void node_created_keepsItsStatusAndHasAllOfItsInfo() {
    KubeObject node =
        create(
            "nodes",
            "",
            "{'metadata':{'name':'n'},'status':{'nodeInfo':{'architecture':'amd64'}}}");
    assertThat(node.text("status", "nodeInfo", "architecture")).isEqualTo("amd64");
    assertThat(node.at("status", "nodeInfo", "machineID").isTextual()).isTrue();
    assertThat(node.at("status", "daemonEndpoints", "kubeletEndpoint", "Port").asInt(-1)).isZero();
  }

  @Test
  void daemonSet_templateChanged_isCounted() {
    create("daemonsets", "a", "{'metadata':{'name':'d'},'spec':{" + TEMPLATE + "}}");
    patch("daemonsets", "a", "d", "", "{'metadata':{'labels':{'a':'b'}}}");
    patch("daemonsets", "a", "d", "", "{'spec':{'template':{'metadata':{'labels':{'z':'1'}}}}}");
    assertThat(
            get("daemonsets", "a", "d")
                .at("metadata", "annotations")
                .path("deprecated.daemonset.template.generation")
                .asText())
        .isEqualTo("2");
  }

  @Test
  void signingRequest_created_namesItsAuthor() {
    KubeObject request =
        create(
            "certificatesigningrequests",
            "",
            "{'metadata':{'name':'r'},'spec':{'username':'someone-else','signerName':'example.com/s',"
                + "'request':'"
                + SIGNING_REQUEST
                + "','usages':['client auth']}}");
    assertThat(request.text("spec", "username")).isEqualTo("admin");
  }

  @Test
  void secret_immutable_cannotChange() {
    create("secrets", "a", "{'metadata':{'name':'s'},'immutable':true,'data':{'k':'YQ=='}}");
    assertStatus(
        () -> patch("secrets", "a", "s", "", "{'data':{'k':'Yg=='}}"),
        422,
        "data: Forbidden: field is immutable when `immutable` is set");
  }

  @Test
  void service_created_getsAddressAndNodePort() {
    KubeObject service =
        create(
            "services",
            "a",
            "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80}]}}");
    String ip = service.text("spec", "clusterIP");
    assertThat(ip).startsWith("10.96.");
    assertThat(service.at("spec", "clusterIPs").get(0).asText()).isEqualTo(ip);
    assertThat(service.text("spec", "ipFamilyPolicy")).isEqualTo("SingleStack");
    int port = service.at("spec", "ports").get(0).path("nodePort").asInt();
    assertThat(port).isBetween(30000, 32767);
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'clusterIP':'" + ip + "','ports':[{'port':1}]}}"),
        422,
        "provided IP is already allocated");
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'type':'NodePort','ports':[{'port':1,'nodePort':"
                    + port
                    + "}]}}"),
        422,
        "spec.ports[0].nodePort: Invalid value: " + port + ": provided port is already allocated");

    KubeObject changed =
        update(
            "services",
            "a",
            "s",
            json(
                "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80}],'selector':{'x':'y'}}}"));
    assertThat(changed.text("spec", "clusterIP")).isEqualTo(ip);
    assertThat(changed.at("spec", "ports").get(0).path("nodePort").asInt()).isEqualTo(port);

    delete("services", "a", "s", DeleteOptions.DEFAULT);
    KubeObject next =
        create(
            "services",
            "a",
            "{'metadata':{'name':'t'},'spec':{'type':'NodePort','clusterIP':'"
                + ip
                + "','ports':[{'port':1,'nodePort':"
                + port
                + "}]}}");
    assertThat(next.text("spec", "clusterIP")).isEqualTo(ip);
  }

  @Test
  void service_afterRestart_knowsWhatIsTaken() {
    KubeObject service =
        create("services", "a", "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}]}}");
    registry = open();
    assertStatus(
        () ->
            create(
                "services",
                "a",
                "{'metadata':{'name':'t'},'spec':{'clusterIP':'"
                    + service.text("spec", "clusterIP")
                    + "','ports':[{'port':1}]}}"),
        422,
        "provided IP is already allocated");
  }

  @Test
  void service_headlessOrExternal_hasNoAddress() {
    assertThat(
            create(
                    "services",
                    "a",
                    "{'metadata':{'name':'h'},'spec':{'clusterIP':'None','selector':{'a':'b'}}}")
                .at("spec", "clusterIPs")
                .get(0)
                .asText())
        .isEqualTo("None");
    assertThat(
            create(
                    "services",
                    "a",
                    "{'metadata':{'name':'e'},'spec':{'type':'ExternalName','externalName':'x.y'}}")
                .at("spec", "clusterIP")
                .isMissingNode())
        .isTrue();
  }

  @Test
  void event_pastItsTime_goesByItself() {
    create("events", "a", "{'metadata':{'name':'e'},'involvedObject':{'namespace':'a'}}");
    for (int i = 0; i < 9; i++) {
      clock.advance(java.time.Duration.ofMinutes(9));
    }
    org.awaitility.Awaitility.await()
        .until(() -> registry.list(type("events"), "a", ListOptions.ALL).items().isEmpty());
  }

  @Test
  void eventsGroup_sharesStorageWithTheCoreGroup() {
    ResourceType newer = registry.find("events.k8s.io", "v1", "events");
    registry.create(
        context,
        newer,
        "a",
        "",
        "",
        json(
            "{'metadata':{'name':'e'},'regarding':{'kind':'Pod','name':'p','namespace':'a'},"
                + "'note':'hello','reason':'R','action':'A','eventTime':"
                + "'2026-11-21T04:00:00.000000Z','type':'Normal',"
                + "'reportingController':'x.io/y','reportingInstance':'z'}"),
        NONE);
    KubeObject core = registry.get(registry.find("", "v1", "events"), "a", "e", "");
    assertThat(core.text("message")).isEqualTo("hello");
    assertThat(core.text("involvedObject", "name")).isEqualTo("p");
    assertThat(registry.get(newer, "a", "e", "").text("note")).isEqualTo("hello");
    assertThat(
            names(registry.list(newer, "a", ListOptions.ALL.withFieldSelector("regarding.name=p"))))
        .containsExactly("a/e");
  }
}
