package dev.coracle.schema.validation.field;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import java.util.List;
import org.junit.jupiter.api.Test;

class FieldErrorsTest {

  @Test
  void causes_allKinds_haveKubernetesReasonsAndMessages() {
    FieldErrors errors = new FieldErrors();
    FieldPath path = FieldPath.of("a").child("b").index(0).key("k/x");
    errors.required(path, "");
    errors.required(path, "because");
    errors.invalid(path, "q\"\n", "bad");
    errors.invalid(path, 7, "bad");
    errors.invalid(path, Json.read("{\"x\":[1]}"), "bad");
    errors.duplicate(path, "d");
    errors.forbidden(path, "no");
    errors.notSupported(path, "v", List.of("a", "b"));
    errors.notFound(path, "n");
    errors.tooLong(path, 3);
    errors.tooMany(path, 5, 3);
    assertThat(errors.causes())
        .allSatisfy(cause -> assertThat(cause.field()).isEqualTo("a.b[0][k/x]"))
        .extracting(StatusCause::reason, StatusCause::message)
        .containsExactly(
            tuple("FieldValueRequired", "Required value"),
            tuple("FieldValueRequired", "Required value: because"),
            tuple("FieldValueInvalid", "Invalid value: \"q\\\"\\n\": bad"),
            tuple("FieldValueInvalid", "Invalid value: 7: bad"),
            tuple("FieldValueInvalid", "Invalid value: {\"x\":[1]}: bad"),
            tuple("FieldValueDuplicate", "Duplicate value: \"d\""),
            tuple("FieldValueForbidden", "Forbidden: no"),
            tuple(
                "FieldValueNotSupported",
                "Unsupported value: \"v\": supported values: \"a\", \"b\""),
            tuple("FieldValueNotFound", "Not found: \"n\""),
            tuple("FieldValueTooLong", "Too long: may not be more than 3 bytes"),
            tuple("FieldValueTooMany", "Too many: 5: must have at most 3 items"));
  }

  private static org.assertj.core.groups.Tuple tuple(Object... values) {
    return org.assertj.core.groups.Tuple.tuple(values);
  }
}
