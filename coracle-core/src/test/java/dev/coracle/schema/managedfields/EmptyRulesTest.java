package dev.coracle.schema.managedfields;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.FieldValidation;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EmptyRulesTest {

  @Test
  void update_roleWithoutRules_managesItsEmptyList() {
    GroupVersionKind kind = GroupVersionKind.of("rbac.authorization.k8s.io/v1", "Role");
    Schema schema = Objects.requireNonNull(Schemas.builtIn().find(kind));
    ObjectNode sent =
        (ObjectNode)
            Json.read(
                "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"Role\","
                    + "\"metadata\":{\"name\":\"r\"},\"rules\":[]}");
    ObjectNode role = Decoder.decodeTree(sent, schema, kind, FieldValidation.WARN).object();
    ManagedFields.update(
        null,
        role,
        new FieldManager("m", kind.apiVersion(), "", Instant.EPOCH, schema, FieldSet.EMPTY));
    assertThat(role.path("rules").isArray()).isTrue();
    assertThat(role.at("/metadata/managedFields/0/fieldsV1").has("f:rules")).isTrue();
  }
}
