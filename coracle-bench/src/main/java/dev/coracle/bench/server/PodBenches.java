package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What Pods of the process runtime wait for. */
final class PodBenches {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");

  private PodBenches() {}

  /** From the create to the status Running, and from a label to the file in the Pod. */
  static void run(Target target, Consumer<Result> out) throws InterruptedException {
    List<Long> running = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      running.add(podStart(target, "bench-pod-" + i));
    }
    running.sort(null);
    out.accept(
        new Result(
            "Pod created -> Running (process runtime)",
            running.get(10),
            "p50 " + running.get(10) + " ms, worst of 20 " + running.getLast() + " ms",
            "p50 <= 100 ms"));
    long label = labelChange(target);
    out.accept(
        new Result(
            "Downward API volume after a label change",
            label,
            label + " ms, as a process in the Pod reports it",
            "<= 100 ms"));
  }

  private static long podStart(Target target, String name) throws InterruptedException {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name);
    ObjectNode spec = pod.putObject("spec").put("terminationGracePeriodSeconds", 0);
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "host");
    container.putArray("command").add("sleep").add("1000");
    CountDownLatch running = new CountDownLatch(1);
    try (Transport.Watch watch =
        target
            .client()
            .watch(
                PODS,
                "default",
                ListOptions.ALL.withFieldSelector("metadata.name=" + name),
                until(
                    running, event -> event.object().text("status", "phase").equals("Running")))) {
      long start = System.nanoTime();
      target.client().create(PODS, "default", pod);
      if (!running.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not run after 30 s");
      }
      return (System.nanoTime() - start) / 1_000_000;
    }
  }

  /**
   * The Pod looks at its file in a loop and ends when it sees the new label: its end is the report.
   */
  private static long labelChange(Target target) throws InterruptedException {
    String name = "bench-label";
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name).putObject("labels").put("tier", "before");
    ObjectNode spec = pod.putObject("spec").put("restartPolicy", "Never");
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "host");
    container
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("until grep -q after /etc/podinfo/labels; do sleep 0.005; done");
    container
        .putArray("volumeMounts")
        .addObject()
        .put("name", "podinfo")
        .put("mountPath", "/etc/podinfo");
    ObjectNode volume = spec.putArray("volumes").addObject().put("name", "podinfo");
    ObjectNode item = volume.putObject("downwardAPI").putArray("items").addObject();
    item.put("path", "labels").putObject("fieldRef").put("fieldPath", "metadata.labels");
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (Transport.Watch watch =
        target
            .client()
            .watch(
                PODS,
                "default",
                ListOptions.ALL.withFieldSelector("metadata.name=" + name),
                until(
                    ended,
                    event -> {
                      String phase = event.object().text("status", "phase");
                      if (phase.equals("Running")) {
                        running.countDown();
                      }
                      return phase.equals("Succeeded");
                    }))) {
      target.client().create(PODS, "default", pod);
      if (!running.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not run after 30 s");
      }
      ObjectNode change = Json.object();
      change.putObject("metadata").putObject("labels").put("tier", "after");
      long start = System.nanoTime();
      target.client().patch(PODS, "default", name, "", PatchType.MERGE, change, WriteOptions.NONE);
      if (!ended.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the label is not in the Pod after 30 s");
      }
      return (System.nanoTime() - start) / 1_000_000;
    }
  }

  private static Transport.WatchHandler until(
      CountDownLatch done, java.util.function.Predicate<WatchEvent> condition) {
    return new Transport.WatchHandler() {
      @Override
      public void event(WatchEvent event) {
        if (condition.test(event)) {
          done.countDown();
        }
      }

      @Override
      public void ended(StatusException cause) {}
    };
  }
}
