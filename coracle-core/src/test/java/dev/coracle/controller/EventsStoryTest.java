package dev.coracle.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Events as clients of both groups see them: one store, two forms, two kinds of strictness. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventsStoryTest {

  private static final GroupVersionResource CORE = GroupVersionResource.core("events");
  private static final GroupVersionResource EVENTS =
      GroupVersionResource.of("events.k8s.io", "v1", "events");

  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-01-01T00:00:00Z"));
  private ControlPlaneInMemory plane;
  private Client client;

  @BeforeAll
  void start() throws Exception {
    plane = ControlPlaneInMemory.start(clock);
    client = plane.admin();
    for (String namespace : List.of("both", "strict", "gone", "old")) {
      KubeObject unused =
          client.create(
              GroupVersionResource.core("namespaces"),
              "",
              json("{'kind':'Namespace','apiVersion':'v1','metadata':{'name':'%s'}}", namespace));
    }
  }

  @AfterAll
  void stop() {
    plane.close();
  }

  private static ObjectNode json(String text, Object... values) {
    return Json.readObject(
        text.formatted(values).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode newer(String namespace, String name) {
    return json(
        """
        {'kind':'Event','apiVersion':'events.k8s.io/v1','metadata':{'name':'%2$s',
        'labels':{'testevent-set':'true'}},'regarding':{'namespace':'%1$s','kind':'Pod','name':'p'},
        'eventTime':'2017-09-19T13:49:16.000000Z','note':'This is %2$s','action':'Do','reason':'Test',
        'type':'Normal','reportingController':'test-controller','reportingInstance':'test-node'}
        """,
        namespace, name);
  }

  private List<String> names(GroupVersionResource resource, String namespace, String fields) {
    return client
        .list(resource, namespace, ListOptions.ALL.withFieldSelector(fields))
        .items()
        .stream()
        .map(KubeObject::name)
        .toList();
  }

  @Test
  void event_ofOneGroup_isTheOtherGroupsAsWell() {
    KubeObject created = client.create(EVENTS, "both", newer("both", "newer"));
    KubeObject core = client.get(CORE, "both", "newer");
    assertThat(core.uid()).isEqualTo(created.uid());
    assertThat(core.text("message")).isEqualTo("This is newer");
    assertThat(core.text("involvedObject", "name")).isEqualTo("p");
    assertThat(core.text("reportingComponent")).isEqualTo("test-controller");
    assertThat(core.text("reportingInstance")).isEqualTo("test-node");
    assertThat(core.at("firstTimestamp").isNull()).isTrue();
    assertThat(core.at("source").isObject()).isTrue();
    client.create(
        CORE,
        "both",
        json(
            """
            {'kind':'Event','apiVersion':'v1','metadata':{'name':'older'},'message':'old','reason':'Older',
            'type':'Warning','count':3,'involvedObject':{'namespace':'both','kind':'Service','name':'s'},
            'source':{'component':'me','host':'here'},'firstTimestamp':'2026-01-01T00:00:00Z',
            'lastTimestamp':'2026-01-01T00:00:01Z'}
            """));
    KubeObject older = client.get(EVENTS, "both", "older");
    assertThat(older.apiVersion()).isEqualTo("events.k8s.io/v1");
    assertThat(older.text("note")).isEqualTo("old");
    assertThat(older.text("deprecatedSource", "host")).isEqualTo("here");
    assertThat(older.at("deprecatedCount").asInt()).isEqualTo(3);
    assertThat(older.text("deprecatedFirstTimestamp")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(older.text("regarding", "kind")).isEqualTo("Service");
    assertThat(older.at("eventTime").isNull()).isTrue();

    assertThat(names(CORE, "both", "source=test-controller")).containsExactly("newer");
    assertThat(names(CORE, "both", "source=me")).containsExactly("older");
    assertThat(names(EVENTS, "both", "reportingController=test-controller"))
        .containsExactly("newer");
    assertThat(names(CORE, "both", "involvedObject.kind=Service,type=Warning,reason=Older"))
        .containsExactly("older");
    assertThat(names(EVENTS, "both", "regarding.kind=Pod,regarding.name=p,type!=Warning"))
        .containsExactly("newer");
    assertThatThrownBy(() -> names(EVENTS, "both", "source=me"))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("field label not supported: source");
  }

  @Test
  void event_ofTheNewerGroup_isChecked() {
    assertThatThrownBy(
            () ->
                client.create(
                    EVENTS,
                    "strict",
                    json(
                        """
                        {'kind':'Event','apiVersion':'events.k8s.io/v1','metadata':{'name':'e'},
                        'eventTime':'2017-09-19T13:49:16.000000Z','type':'Loud','series':{'count':1,
                        'lastObservedTime':null},'deprecatedCount':4,'deprecatedSource':{'host':'h'},
                        'deprecatedFirstTimestamp':'2026-01-01T00:00:00Z'}
                        """)))
        .isInstanceOf(StatusException.class)
        .hasMessage(
            "Event.events.k8s.io \"e\" is invalid: [action: Required value, count: Invalid value:"
                + " \"\": needs to be unset, firstTimestamp: Invalid value: \"\": needs to be unset,"
                + " involvedObject.namespace: Invalid value: \"\": does not match event.namespace,"
                + " reason: Required value, reportingController: Required value,"
                + " reportingController: Invalid value: \"\": name part must be non-empty,"
                + " reportingController: Invalid value: \"\": name part must consist of"
                + " alphanumeric characters, '-', '_' or '.', and must start and end with an"
                + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used"
                + " for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'),"
                + " reportingInstance: Required value, series.count: Invalid value: \"\": should be"
                + " at least 2, series.lastObservedTime: Required value, source: Invalid value:"
                + " \"\": needs to be unset, type: Invalid value: \"\": has invalid value: Loud]");
    client.create(EVENTS, "strict", newer("strict", "kept"));
    client.patch(
        EVENTS,
        "strict",
        "kept",
        "",
        PatchType.STRATEGIC,
        json("{'series':{'count':2,'lastObservedTime':'2017-09-19T13:49:11.000000Z'}}"),
        WriteOptions.NONE);
    assertThat(client.get(CORE, "strict", "kept").at("series", "count").asInt()).isEqualTo(2);
    assertThatThrownBy(
            () ->
                client.patch(
                    EVENTS,
                    "strict",
                    "kept",
                    "",
                    PatchType.MERGE,
                    json("{'note':'other','reason':'Other'}"),
                    WriteOptions.NONE))
        .hasMessage(
            "Event.events.k8s.io \"kept\" is invalid: [message: Invalid value: \"other\": field is"
                + " immutable, reason: Invalid value: \"Other\": field is immutable]");
    client.patch(
        CORE,
        "strict",
        "kept",
        "",
        PatchType.MERGE,
        json("{'message':'core may change it'}"),
        WriteOptions.NONE);
    assertThat(client.get(EVENTS, "strict", "kept").text("note")).isEqualTo("core may change it");
  }

  @Test
  void events_ofASelector_areDeletedTogether() {
    for (String name : List.of("a", "b", "c")) {
      client.create(EVENTS, "gone", newer("gone", name));
    }
    client.deleteCollection(
        EVENTS,
        "gone",
        DeleteOptions.DEFAULT,
        ListOptions.ALL.withLabelSelector("testevent-set=true"));
    assertThat(names(CORE, "gone", "")).isEmpty();
  }

  @Test
  void event_writtenAgain_isKeptForAnotherHour() {
    client.create(EVENTS, "old", newer("old", "once"));
    client.create(EVENTS, "old", newer("old", "again"));
    clock.advance(Duration.ofMinutes(50));
    client.patch(
        CORE, "old", "again", "", PatchType.MERGE, json("{'message':'m'}"), WriteOptions.NONE);
    clock.advance(Duration.ofMinutes(20));
    await().untilAsserted(() -> assertThat(names(CORE, "old", "")).containsExactly("again"));
    clock.advance(Duration.ofMinutes(60));
    await().untilAsserted(() -> assertThat(names(CORE, "old", "")).isEmpty());
  }
}
