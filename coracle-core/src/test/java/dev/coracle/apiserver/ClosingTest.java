package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClosingTest {

  @Test
  void close_withAWatcher_endsItsStreamAsItShould(@TempDir Path directory) throws Exception {
    try (DevServer dev = new DevServer(directory);
        HttpClient http = TrustAnyone.client()) {
      HttpResponse<InputStream> watch =
          http.send(
              HttpRequest.newBuilder(URI.create(dev.url() + "/api/v1/configmaps?watch=1"))
                  .header("Authorization", "Bearer " + DevServer.TOKEN)
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(watch.statusCode()).isEqualTo(200);

      dev.server().close();
      assertThat(new String(watch.body().readAllBytes(), UTF_8)).isEmpty();
    }
  }
}
