package dev.coracle.client.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.client.Client;
import dev.coracle.client.FakeTransport;
import dev.coracle.client.ServiceEndpoints.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServiceResolverTest {

  private static final GroupVersionResource SLICES =
      GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices");

  private final Client client = new Client(new FakeTransport());
  private final ApiServiceResolver resolver = new ApiServiceResolver(() -> client);

  @BeforeEach
  void makeService() {
    client.create(
        GroupVersionResource.core("services"),
        "tools",
        json(
            """
            {'metadata':{'name':'hook','namespace':'tools'},
             'spec':{'ports':[{'name':'other','port':80},{'name':'web','port':443}]}}
            """));
  }

  private static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private void slice(String ready) {
    client.create(
        SLICES,
        "tools",
        json(
            """
            {'metadata':{'name':'hook-1','namespace':'tools',
              'labels':{'kubernetes.io/service-name':'hook'}},'addressType':'IPv4',
             'ports':[{'name':'other','port':8080},{'name':'web','port':9443}],
             'endpoints':[{'addresses':['10.0.0.7'],'conditions':{'ready':%s}}]}
            """
                .formatted(ready)));
  }

  @Test
  void resolve_readyEndpoint_isFoundByTheServicesPort() throws IOException {
    slice("true");
    assertThat(resolver.resolve("tools", "hook", 443)).isEqualTo(new Endpoint("10.0.0.7", 9443));
  }

  @Test
  void resolve_nothingThatServes_saysWhat() {
    slice("false");
    assertThatThrownBy(() -> resolver.resolve("tools", "hook", 443))
        .isInstanceOf(IOException.class)
        .hasMessage("no endpoints available for service \"hook\"");
    assertThatThrownBy(() -> resolver.resolve("tools", "gone", 443))
        .hasMessage("service \"gone\" not found");
    assertThatThrownBy(() -> resolver.resolve("tools", "hook", 7))
        .hasMessage("no service port 7 found for service \"hook\"");
  }
}
