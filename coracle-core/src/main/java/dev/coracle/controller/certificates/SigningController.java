package dev.coracle.controller.certificates;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Work;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/** Signs approved requests of the signers that Kubernetes has built in. */
public final class SigningController implements Controller {

  private static final Set<String> SIGNERS =
      Set.of(
          "kubernetes.io/kube-apiserver-client",
          "kubernetes.io/kube-apiserver-client-kubelet",
          "kubernetes.io/kubelet-serving",
          "kubernetes.io/legacy-unknown");

  private static final Duration LONGEST = Duration.ofDays(365);
  private static final Duration SHORTEST = Duration.ofMinutes(10);

  /** Clocks of others may be behind. */
  private static final Duration BACKDATE = Duration.ofMinutes(5);

  /** The end of certificates that live shorter is not put back with their start. */
  private static final Duration SHORT = Duration.ofHours(8);

  private final ControllerContext context;
  private final Authority authority;
  private final SharedInformer requests;
  private final Work<String> work;

  public SigningController(ControllerContext context, Authority authority) {
    this.context = context;
    this.authority = authority;
    this.requests = context.informers().of(Requests.RESOURCE);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "certificatesigningrequest-signing-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(requests, request -> work.queue().add(request.name()));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(String name) {
    KubeObject request = requests.get("", name);
    if (request == null
        || !SIGNERS.contains(request.text("spec", "signerName"))
        || !Requests.isApproved(request)
        || Requests.has(request, "Failed")
        || Requests.isIssued(request)) {
      return;
    }
    List<String> usages = Requests.usages(request);
    String pkcs10 = request.text("spec", "request");
    ObjectNode tree = request.mutableTree();
    ObjectNode status = tree.withObject("/status");
    String why;
    try {
      why = Requests.refusal(request.text("spec", "signerName"), authority.read(pkcs10), usages);
    } catch (IllegalArgumentException e) {
      why = String.valueOf(e.getMessage());
    }
    Instant now = context.clock().instant();
    if (why.isEmpty()) {
      Duration life = life(request);
      Instant end = now.plus(life).minus(life.compareTo(SHORT) < 0 ? Duration.ZERO : BACKDATE);
      Instant last = authority.notAfter();
      String pem =
          authority.sign(pkcs10, usages, now.minus(BACKDATE), end.isAfter(last) ? last : end);
      status.put(
          "certificate",
          Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
    } else {
      status
          .withArray("conditions")
          .addObject()
          .put("type", "Failed")
          .put("status", "True")
          .put("reason", "SignerValidationFailure")
          .put("message", why)
          .put("lastUpdateTime", Timestamps.seconds(now));
    }
    KubeObject unused = context.client().updateStatus(Requests.RESOURCE, "", name, tree);
  }

  private static Duration life(KubeObject request) {
    var asked = request.at("spec", "expirationSeconds");
    if (!asked.isNumber()) {
      return LONGEST;
    }
    Duration life = Duration.ofSeconds(asked.asLong());
    return life.compareTo(LONGEST) > 0 ? LONGEST : life.compareTo(SHORTEST) < 0 ? SHORTEST : life;
  }
}
