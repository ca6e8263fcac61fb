package dev.coracle.schema.validation.field;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InternalFormsTest {

  private static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void container_changed_isShownWithItsNeighboursAndInOrder() {
    ObjectNode before = json("{'image':'registry.test/d','name':'dbg'}");
    ObjectNode after = json("{'name':'dbg','image':'registry.test/changed'}");
    assertThat(InternalForms.change(before, after, "EphemeralContainer"))
        .isEqualTo(
            """
            @@ -1,6 +1,6 @@
             {
              "Name": "dbg",
            - "Image": "registry.test/d",
            + "Image": "registry.test/changed",
              "Command": null,
              "Args": null,
              "WorkingDir": "",
            """);
  }

  @Test
  void pod_sharesTheHost_inItsSecurityContext() {
    ObjectNode before =
        json("{'containers':[],'volumes':[{'name':'v','projected':{'sources':[]}}]}");
    ObjectNode after = before.deepCopy();
    after.put("hostNetwork", true);
    assertThat(InternalForms.podChange(before, after))
        .endsWith(
            """
              "NodeName": "",
              "SecurityContext": {
            -  "HostNetwork": false,
            +  "HostNetwork": true,
               "HostPID": false,
               "HostIPC": false,
               "ShareProcessNamespace": null,
            """);
  }

  @Test
  void lines_farApart_areHunksOfTheirOwn() {
    List<String> before = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      before.add("l" + i);
    }
    List<String> after = new ArrayList<>(before);
    after.remove(18);
    after.add(1, "new");
    assertThat(LineDiff.of(before, after))
        .isEqualTo(
            """
            @@ -1,4 +1,5 @@
             l1
            +new
             l2
             l3
             l4
            @@ -16,5 +17,4 @@
             l16
             l17
             l18
            -l19
             l20
            """);
    assertThat(LineDiff.of(before, before)).isEmpty();
    assertThat(LineDiff.of(List.of(), List.of("a"))).isEqualTo("@@ -0,0 +1 @@\n+a\n");
  }
}
