package dev.coracle.controller.certificates;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Work;
import java.time.Duration;

/**
 * Approves kubelets' requests for client certificates when who asks may create the subresource
 * {@code nodeclient}, or {@code selfnodeclient} for a certificate of its own name.
 */
public final class ApprovingController implements Controller {

  private static final GroupVersionResource REVIEWS =
      GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews");
  private static final String SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private final ControllerContext context;
  private final Authority authority;
  private final SharedInformer requests;
  private final Work<String> work;

  public ApprovingController(ControllerContext context, Authority authority) {
    this.context = context;
    this.authority = authority;
    this.requests = context.informers().of(Requests.RESOURCE);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "certificatesigningrequest-approving-controller";
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
        || !request.text("spec", "signerName").equals(SIGNER)
        || Requests.isIssued(request)
        || Requests.has(request, "Approved")
        || Requests.has(request, "Denied")) {
      return;
    }
    Authority.Subject subject;
    try {
      subject = authority.read(request.text("spec", "request"));
    } catch (IllegalArgumentException e) {
      // It can't be signed either; the cleaner takes it.
      return;
    }
    if (!Requests.kubeletClient(subject, Requests.usages(request)).isEmpty()) {
      return;
    }
    boolean self = subject.commonName().equals(request.text("spec", "username"));
    if (self && may(request, "selfnodeclient")) {
      approve(request, "Auto approving self kubelet client certificate after SubjectAccessReview.");
    } else if (may(request, "nodeclient")) {
      approve(request, "Auto approving kubelet client certificate after SubjectAccessReview.");
    } else {
      // Somebody may be given the right later.
      work.queue().addAfter(name, LOOK_AGAIN);
    }
  }

  private boolean may(KubeObject request, String subresource) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec");
    spec.put("user", request.text("spec", "username"));
    for (String field : new String[] {"uid", "groups", "extra"}) {
      if (!request.at("spec", field).isMissingNode()) {
        spec.set(field, request.at("spec", field).deepCopy());
      }
    }
    spec.putObject("resourceAttributes")
        .put("group", "certificates.k8s.io")
        .put("resource", "certificatesigningrequests")
        .put("verb", "create")
        .put("subresource", subresource);
    return context.client().create(REVIEWS, "", review).at("status", "allowed").asBoolean(false);
  }

  private void approve(KubeObject request, String message) {
    ObjectNode tree = request.mutableTree();
    tree.withObject("/status")
        .withArray("conditions")
        .addObject()
        .put("type", "Approved")
        .put("status", "True")
        .put("reason", "AutoApproved")
        .put("message", message);
    KubeObject unused =
        context.client().updateSubresource(Requests.RESOURCE, "", request.name(), "approval", tree);
  }
}
