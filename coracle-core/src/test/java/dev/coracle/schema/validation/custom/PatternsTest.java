package dev.coracle.schema.validation.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.PatternSyntaxException;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class PatternsTest {

  @Test
  void find_patternThatBacktracksElsewhere_ends() {
    String text = "a".repeat(100_000) + "!";
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          assertThat(Patterns.of("^(a+)+$").matcher(text).find()).isFalse();
          assertThat(Patterns.of("^(([a-z])+.)+[A-Z]([a-z])+$").matcher(text).find()).isFalse();
        });
  }

  @Test
  void of_whatGoDoesNotKnow_isRefused() {
    assertThatThrownBy(() -> Patterns.of("a(?=b)"))
        .isInstanceOf(PatternSyntaxException.class)
        .hasMessageContaining("invalid or unsupported Perl syntax");
    assertThatThrownBy(() -> Patterns.of("(a)\\1")).isInstanceOf(PatternSyntaxException.class);
  }
}
