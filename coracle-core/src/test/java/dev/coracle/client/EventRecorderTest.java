package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventRecorderTest {

  private static final GroupVersionResource EVENTS = GroupVersionResource.core("events");

  private final Client client = new Client(new FakeTransport());
  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final EventRecorder recorder = new EventRecorder(client, clock, "tester", "");
  private final KubeObject pod =
      client.create(GroupVersionResource.core("pods"), "ns", FakeTransport.object("Pod", "web"));

  @AfterEach
  void close() {
    recorder.close();
  }

  private List<KubeObject> events() {
    return client.list(EVENTS, "ns", ListOptions.ALL).items();
  }

  @Test
  void normal_sameTwice_countsOneEvent() {
    recorder.normal(pod, "Pulled", "image is there");
    clock.advance(Duration.ofSeconds(7));
    recorder.normal(pod, "Pulled", "image is there");
    await().until(() -> events().size() == 1 && events().getFirst().at("count").asInt() == 2);
    KubeObject event = events().getFirst();
    assertThat(event.text("involvedObject", "uid")).isEqualTo(pod.uid());
    assertThat(event.text("source", "component")).isEqualTo("tester");
    assertThat(event.text("firstTimestamp")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(event.text("lastTimestamp")).isEqualTo("2026-01-01T00:00:07Z");
  }

  @Test
  void normal_eventWasDeleted_isCreatedAgainWithItsCount() {
    recorder.normal(pod, "Pulled", "image is there");
    await().until(() -> events().size() == 1);
    String name = events().getFirst().name();
    client.delete(EVENTS, "ns", name, DeleteOptions.DEFAULT);
    recorder.normal(pod, "Pulled", "image is there");
    await().until(() -> events().size() == 1);
    assertThat(events().getFirst().name()).isEqualTo(name);
    assertThat(events().getFirst().at("count").asInt()).isEqualTo(2);
  }

  @Test
  void warning_manyMessagesOfOneReason_areCombined() {
    for (int i = 0; i < 20; i++) {
      recorder.warning(pod, "Failed", "try " + i);
    }
    await()
        .until(
            () ->
                events().stream()
                    .anyMatch(event -> event.text("message").endsWith("similar events): try 19")));
    assertThat(events()).hasSize(10);
  }

  @Test
  void warning_endless_isToldTwentyFiveTimes() {
    for (int i = 0; i < 40; i++) {
      recorder.warning(pod, "Failed", "again");
    }
    recorder.normal(
        client.create(GroupVersionResource.core("pods"), "ns", FakeTransport.object("Pod", "b")),
        "Last",
        "one");
    await().until(() -> events().size() == 2);
    assertThat(events())
        .filteredOn(event -> event.text("reason").equals("Failed"))
        .singleElement()
        .satisfies(event -> assertThat(event.at("count").asInt()).isEqualTo(25));
  }

  @Test
  void warning_afterTooMany_tellsOfAllThatWereCountedSince() {
    for (int i = 0; i < 40; i++) {
      recorder.warning(pod, "Failed", "again");
    }
    clock.advance(Duration.ofMinutes(6));
    recorder.warning(pod, "Failed", "again");
    await()
        .untilAsserted(
            () ->
                assertThat(events())
                    .singleElement()
                    .satisfies(event -> assertThat(event.at("count").asInt()).isEqualTo(41)));
  }
}
