package dev.coracle.apiserver.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Documents in protobuf, read as fields without names: {@code path(2, 1)} is field 1 of field 2.
 */
class OpenApiProtobufTest {

  private static UnknownFieldSet write(String json) throws Exception {
    return UnknownFieldSet.parseFrom(
        OpenApiProtobuf.write(Json.write(Json.read(json.replace('\'', '"')))));
  }

  private static UnknownFieldSet message(UnknownFieldSet from, int... path) throws Exception {
    UnknownFieldSet at = from;
    for (int number : path) {
      at = UnknownFieldSet.parseFrom(at.getField(number).getLengthDelimitedList().getFirst());
    }
    return at;
  }

  private static List<String> texts(UnknownFieldSet from, int number) {
    return from.getField(number).getLengthDelimitedList().stream()
        .map(each -> each.toString(StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void write_swagger_hasDefinitionsWithExtensions() throws Exception {
    UnknownFieldSet document =
        write(
            "{'swagger':'2.0','info':{'title':'K','version':'v1'},'definitions':{'a.B':{"
                + "'type':'object','required':['x','y'],'properties':{"
                + "'x':{'$ref':'#/definitions/c','default':{}},"
                + "'m':{'type':'object','additionalProperties':{'type':'integer','maximum':2}},"
                + "'l':{'type':'array','items':{'type':'string'}}},"
                + "'x-kubernetes-group-version-kind':[{'group':'','kind':'B','version':'v1'}]}},"
                + "'security':[{'BearerToken':[]}]}");

    assertThat(texts(document, 1)).containsExactly("2.0");
    assertThat(texts(message(document, 2), 2)).containsExactly("v1");
    UnknownFieldSet named = message(document, 9, 1);
    assertThat(texts(named, 1)).containsExactly("a.B");
    UnknownFieldSet schema = message(named, 2);
    assertThat(texts(message(schema, 22), 1)).containsExactly("object");
    assertThat(texts(schema, 19)).containsExactly("x", "y");
    UnknownFieldSet x = message(schema, 25, 1);
    assertThat(texts(x, 1)).containsExactly("x");
    assertThat(texts(message(x, 2), 1)).containsExactly("#/definitions/c");
    assertThat(texts(message(x, 2, 5), 2)).containsExactly("{}\n");
    UnknownFieldSet extension = message(schema, 31);
    assertThat(texts(extension, 1)).containsExactly("x-kubernetes-group-version-kind");
    assertThat(texts(message(extension, 2), 2))
        .containsExactly("- group: \"\"\n  kind: B\n  version: v1\n");
    assertThat(texts(message(document, 12, 1), 1)).containsExactly("BearerToken");
  }

  @Test
  void write_openApi3_hasSchemasOrReferences() throws Exception {
    UnknownFieldSet document =
        write(
            "{'openapi':'3.0.0','paths':{'/a':{'get':{'operationId':'o','responses':{'200':"
                + "{'description':'OK','content':{'application/json':{'schema':"
                + "{'$ref':'#/components/schemas/B'}}}}}}}},"
                + "'components':{'schemas':{'B':{'type':'string','default':'x'}}}}");

    UnknownFieldSet response = message(document, 4, 1, 2, 4, 8, 2);
    assertThat(texts(response, 1)).containsExactly("200");
    assertThat(texts(message(response, 2, 1, 3, 1, 2, 1, 2), 1))
        .containsExactly("#/components/schemas/B");
    UnknownFieldSet schema = message(document, 5, 1, 1, 2, 1);
    assertThat(texts(schema, 25)).containsExactly("string");
    assertThat(texts(message(schema, 33), 3)).containsExactly("x");
  }
}
