package dev.coracle.controller.volume.protection;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;

/** A volume stays, Terminating, while it is bound to a claim. */
public final class VolumeProtectionController implements Controller {

  private static final String FINALIZER = "kubernetes.io/pv-protection";

  private final SharedInformer volumes;
  private final Finalizer finalizer;
  private final Work<String> work;

  public VolumeProtectionController(ControllerContext context) {
    this.volumes = context.informers().of(Resources.PERSISTENT_VOLUMES);
    this.finalizer = new Finalizer(context.client(), Resources.PERSISTENT_VOLUMES, FINALIZER);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "pv-protection-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(volumes, volume -> work.queue().add(volume.name()));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(String name) {
    KubeObject volume = volumes.get("", name);
    if (volume != null) {
      finalizer.sync(volume, () -> volume.text("status", "phase").equals("Bound"));
    }
  }
}
