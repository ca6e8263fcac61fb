package dev.coracle.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExpectationsTest {

  private static final ObjectKey OWNER = new ObjectKey("default", "web");

  private final Expectations expectations = new Expectations();

  @Test
  void creations_areMetWhenEachWasSeen() {
    expectations.expectCreations(OWNER, 2);
    expectations.creationObserved(OWNER);
    assertThat(expectations.satisfied(OWNER)).isFalse();
    expectations.creationObserved(OWNER);
    assertThat(expectations.satisfied(OWNER)).isTrue();
  }

  @Test
  void deletions_seenTwice_countOnce() {
    expectations.expectDeletions(OWNER, List.of("a", "b"));
    expectations.deletionObserved(OWNER, "a");
    expectations.deletionObserved(OWNER, "a");
    assertThat(expectations.satisfied(OWNER)).isFalse();
    expectations.deletionObserved(OWNER, "b");
    assertThat(expectations.satisfied(OWNER)).isTrue();
  }

  @Test
  void writes_areMetByTheirVersionOrALaterOne_notByAnEarlier() {
    expectations.expectWrite(OWNER, "a", 7);
    expectations.expectWrite(OWNER, "a", 9);
    expectations.writeObserved(OWNER, "a", 7);
    expectations.writeObserved(OWNER, "b", 20);
    assertThat(expectations.satisfied(OWNER)).isFalse();
    expectations.writeObserved(OWNER, "a", 10);
    assertThat(expectations.satisfied(OWNER)).isTrue();
  }

  @Test
  void writes_ofAnObjectThatIsGone_areNotWaitedFor() {
    expectations.expectWrite(OWNER, "a", 7);
    expectations.writeObserved(OWNER, "a", Long.MAX_VALUE);
    assertThat(expectations.satisfied(OWNER)).isTrue();
  }

  @Test
  void kindsOfExpectation_areAllWaitedFor() {
    expectations.expectCreations(OWNER, 1);
    expectations.expectWrite(OWNER, "a", 7);
    expectations.creationObserved(OWNER);
    assertThat(expectations.satisfied(OWNER)).isFalse();
    expectations.writeObserved(OWNER, "a", 7);
    assertThat(expectations.satisfied(OWNER)).isTrue();
  }
}
