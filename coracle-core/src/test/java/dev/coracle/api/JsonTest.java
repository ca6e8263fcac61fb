package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class JsonTest {

  private static BigDecimal decimal(String text) throws IOException {
    try (JsonParser parser = Json.mapper().getFactory().createParser(text)) {
      parser.nextToken();
      return Json.decimal(parser);
    }
  }

  @Test
  void decimal_number_isExact() throws IOException {
    assertThat(decimal("1.10")).isEqualTo(new BigDecimal("1.10"));
    assertThat(decimal("1e300")).isEqualTo(new BigDecimal("1e300"));
  }

  @Test
  void decimal_tooSmallToTell_isZero() throws IOException {
    assertThat(decimal("1e-40001234567890")).isZero();
    assertThat(decimal("0e999999999999")).isZero();
  }

  @Test
  void decimal_beyondFloat64_isRefused() {
    for (String text : new String[] {"1e400", "-1e999999999", "1e40001234567890"}) {
      assertThatThrownBy(() -> decimal(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("json: cannot unmarshal number " + text + " into Go value of type float64");
    }
  }
}
