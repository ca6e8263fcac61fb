package dev.coracle.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.Json;
import dev.coracle.client.views.EndpointSlice;
import dev.coracle.client.views.Service;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the table and what is not. */
class ServiceRulesTest {

  private static String rules(String serviceLabel, String sliceLabel) throws IOException {
    ObjectNode service =
        (ObjectNode)
            Json.read(
                """
                {"metadata":{"namespace":"default","name":"web","labels":{}},
                 "spec":{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],"ports":[{"port":80}]}}""");
    ObjectNode slice =
        (ObjectNode)
            Json.read(
                """
                {"metadata":{"labels":{}},"addressType":"IPv4","ports":[{"port":8080}],
                 "endpoints":[{"addresses":["10.244.0.9"],"conditions":{"ready":true}}]}""");
    service.withObject("/metadata/labels").put(serviceLabel, "");
    slice.withObject("/metadata/labels").put(sliceLabel, "");
    return ServiceRules.render(
        new ServiceRules.Machine("t", "br", "10.244.0.1", Cidr.parse("10.244.0.0/16"), false),
        List.of(Service.of(service)),
        Map.of("default/web", List.of(EndpointSlice.of(slice))));
  }

  @Test
  void render_service_leadsToItsEndpoints() throws Exception {
    assertThat(rules("app", "app")).contains("10.96.0.7 . tcp . 80", "dnat ip to 10.244.0.9:8080");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"})
  void render_whatOthersProxy_isLeftToThem(String label) throws Exception {
    assertThat(rules(label, "app")).doesNotContain("10.96.0.7", "10.244.0.9");
    assertThat(rules("app", label)).doesNotContain("10.244.0.9");
  }
}
