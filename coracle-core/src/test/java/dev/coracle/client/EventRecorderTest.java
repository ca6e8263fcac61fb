package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.Patience;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** The first write waits until it may go on, the next eight until all of them are under way. */
  private static final class Together implements Transport {
    private final Transport transport;
    private final AtomicInteger creates = new AtomicInteger();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CountDownLatch eight = new CountDownLatch(8);

    Together(Transport transport) {
      this.transport = transport;
    }

    @Override
    public Answer send(Call call) {
      int number = creates.incrementAndGet();
      try {
        if (number == 1) {
          goOn.await();
        } else {
          eight.countDown();
          if (!eight.await(Patience.SECONDS, TimeUnit.SECONDS)) {
            throw StatusException.serviceUnavailable("nothing else is under way");
          }
        }
      } catch (InterruptedException e) {
        throw StatusException.serviceUnavailable("interrupted");
      }
      if (number == 3000) {
        throw StatusException.tooManyRequests("too many requests, please try again later", 1);
      }
      return transport.send(call);
    }

    @Override
    public Watch watch(Call call, WatchHandler handler) {
      return transport.watch(call, handler);
    }
  }

  @Test
  void normal_manyObjects_areWrittenAtTheSameTimeAndNoneIsLost() {
    FakeTransport transport = new FakeTransport();
    Client server = new Client(transport);
    List<KubeObject> pods = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      ObjectNode each = FakeTransport.object("Pod", "web-" + i);
      pods.add(server.create(GroupVersionResource.core("pods"), "ns", each));
    }
    Together together = new Together(transport);
    try (EventRecorder many = new EventRecorder(new Client(together), clock, "tester", "")) {
      many.normal(pods.getFirst(), "Scheduled", "it has a node");
      await().until(() -> together.creates.get() == 1);
      pods.forEach(each -> many.normal(each, "Scheduled", "it has a node"));
      pods.subList(1, pods.size()).forEach(each -> many.normal(each, "Scheduled", "it has a node"));
      together.goOn.countDown();
      await()
          .untilAsserted(
              () ->
                  assertThat(server.list(EVENTS, "ns", ListOptions.ALL).items())
                      .hasSize(2000)
                      .allMatch(event -> event.at("count").asInt() == 2));
    }
  }
}
