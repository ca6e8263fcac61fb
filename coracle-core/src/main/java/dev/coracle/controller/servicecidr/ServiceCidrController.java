package dev.coracle.controller.servicecidr;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;

/**
 * Says that a ServiceCIDR is Ready, and holds one that is being deleted until no address is
 * allocated that only it has.
 */
public final class ServiceCidrController implements Controller {

  private static final String FINALIZER = "networking.k8s.io/service-cidr-finalizer";

  /** Services that were given an address just before the deletion have their IPAddress by then. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final ControllerContext context;
  private final SharedInformer serviceCidrs;
  private final SharedInformer addresses;
  private final Work<String> work;

  public ServiceCidrController(ControllerContext context) {
    this.context = context;
    this.serviceCidrs = context.informers().of(Resources.SERVICE_CIDRS);
    this.addresses = context.informers().of(Resources.IP_ADDRESSES);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "service-cidrs-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(
        serviceCidrs,
        changed ->
            ServiceCidrs.overlapping(serviceCidrs.list(""), changed)
                .forEach(one -> work.queue().add(one.name())));
    work.watch(addresses, this::addressChanged);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void addressChanged(KubeObject address) {
    if (ServiceCidrs.isAllocated(address)) {
      serviceCidrs.list("").stream()
          .filter(KubeObject::isDeleting)
          .forEach(one -> work.queue().add(one.name()));
    }
  }

  private void sync(String name) {
    KubeObject serviceCidr = serviceCidrs.get("", name);
    if (serviceCidr == null) {
      return;
    }
    if (serviceCidr.isDeleting()) {
      letGo(serviceCidr);
      return;
    }
    if (!serviceCidr.finalizers().contains(FINALIZER)) {
      patch(name, "", PatchType.STRATEGIC, finalizers("finalizers"));
    }
    try {
      condition(serviceCidr, "True", "", "Kubernetes Service CIDR is ready");
    } catch (StatusException e) {
      context
          .events()
          .warning(
              serviceCidr,
              "KubernetesServiceCIDRError",
              "The ServiceCIDR Status can not be set to Ready=True");
      throw e;
    }
  }

  private void letGo(KubeObject serviceCidr) {
    if (!serviceCidr.finalizers().contains(FINALIZER)) {
      return;
    }
    if (!ServiceCidrs.canGo(serviceCidr, serviceCidrs.list(""), addresses.list(""))) {
      condition(
          serviceCidr,
          "False",
          "Terminating",
          "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a"
              + " new ServiceCIDR");
      return;
    }
    Instant since = Timestamps.parse(String.valueOf(serviceCidr.deletionTimestamp()));
    Instant now = context.clock().instant();
    Duration left = since == null ? Duration.ZERO : GRACE.minus(Duration.between(since, now));
    if (left.isPositive()) {
      work.queue().addAfter(serviceCidr.name(), left);
      return;
    }
    patch(
        serviceCidr.name(),
        "",
        PatchType.STRATEGIC,
        finalizers("$deleteFromPrimitiveList/finalizers"));
  }

  private static ObjectNode finalizers(String field) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").putArray(field).add(FINALIZER);
    return patch;
  }

  private void condition(KubeObject serviceCidr, String status, String reason, String message) {
    JsonNode known = Conditions.find(serviceCidr.at("status", "conditions"), "Ready");
    if (known != null
        && known.path("status").asText().equals(status)
        && known.path("reason").asText("").equals(reason)) {
      return;
    }
    ObjectNode applied = Json.object();
    applied.put("apiVersion", "networking.k8s.io/v1").put("kind", "ServiceCIDR");
    applied.putObject("metadata").put("name", serviceCidr.name());
    applied
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", status)
        .put("reason", reason)
        .put("message", message)
        .put("lastTransitionTime", Timestamps.seconds(context.clock().instant()));
    patch(serviceCidr.name(), "status", PatchType.APPLY, applied);
  }

  private void patch(String name, String subresource, PatchType type, ObjectNode body) {
    WriteOptions options =
        type == PatchType.APPLY ? new WriteOptions(false, name(), "", true) : WriteOptions.NONE;
    try {
      KubeObject unused =
          context
              .client()
              .patch(Resources.SERVICE_CIDRS, "", name, subresource, type, body, options);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
