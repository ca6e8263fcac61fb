package dev.coracle.controller.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Deletes requests that are of no use any more: issued, denied or failed for an hour, undecided for
 * a day, or with a certificate that has expired. One that was approved and has no certificate waits
 * for its signer. It looks once an hour.
 */
public final class CleanerController implements Controller {

  private static final Duration EVERY = Duration.ofHours(1);
  private static final Duration DECIDED = Duration.ofHours(1);
  private static final Duration PENDING = Duration.ofHours(24);

  private final ControllerContext context;
  private final SharedInformer requests;
  private Clock.@Nullable Timer timer;
  private boolean stopped;

  public CleanerController(ControllerContext context) {
    this.context = context;
    this.requests = context.informers().of(Requests.RESOURCE);
  }

  @Override
  public String name() {
    return "certificatesigningrequest-cleaner-controller";
  }

  @Override
  public void start() throws InterruptedException {
    requests.awaitSync();
    clean();
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  private void clean() {
    Instant now = context.clock().instant();
    for (KubeObject request : requests.list("")) {
      if (isOver(request, now)) {
        try {
          KubeObject unused =
              context
                  .client()
                  .delete(Requests.RESOURCE, "", request.name(), DeleteOptions.uid(request.uid()));
        } catch (StatusException e) {
          LoggerFactory.getLogger(CleanerController.class)
              .debug("{} was not deleted: {}", request.name(), e.getMessage());
        }
      }
    }
    synchronized (this) {
      if (!stopped) {
        timer = context.clock().schedule(EVERY, this::clean);
      }
    }
  }

  static boolean isOver(KubeObject request, Instant now) {
    JsonNode conditions = request.at("status", "conditions");
    boolean issued = Requests.isIssued(request);
    if (conditions.isEmpty()) {
      return isOlder(request.creationTimestamp(), PENDING, now);
    }
    for (String type : new String[] {"Denied", "Failed"}) {
      JsonNode condition = Conditions.find(conditions, type);
      if (condition != null && isOlder(condition.path("lastUpdateTime").asText(""), DECIDED, now)) {
        return true;
      }
    }
    JsonNode approved = Conditions.find(conditions, "Approved");
    if (approved == null) {
      return false;
    }
    String since = approved.path("lastUpdateTime").asText("");
    return issued && (isOlder(since, DECIDED, now) || isExpired(request, now));
  }

  private static boolean isOlder(String time, Duration age, Instant now) {
    Instant at = Timestamps.parse(time);
    return at != null && at.plus(age).isBefore(now);
  }

  private static boolean isExpired(KubeObject request, Instant now) {
    try {
      byte[] pem = Base64.getDecoder().decode(request.text("status", "certificate"));
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(pem));
      return now.isAfter(certificate.getNotAfter().toInstant());
    } catch (CertificateException | IllegalArgumentException e) {
      // Whatever it is, it has not expired; it goes when its time comes.
      return false;
    }
  }
}
