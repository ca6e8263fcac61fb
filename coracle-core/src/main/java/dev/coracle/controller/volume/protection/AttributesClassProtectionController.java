package dev.coracle.controller.volume.protection;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A VolumeAttributesClass stays, Terminating, while a claim or a volume names it. */
public final class AttributesClassProtectionController implements Controller {

  private static final String FINALIZER = "kubernetes.io/vac-protection";
  private static final String INDEX = "volumeAttributesClasses";

  private final SharedInformer classes;
  private final SharedInformer claims;
  private final SharedInformer volumes;
  private final Finalizer finalizer;
  private final Work<String> work;

  public AttributesClassProtectionController(ControllerContext context) {
    this.classes = context.informers().of(Resources.VOLUME_ATTRIBUTES_CLASSES);
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.volumes = context.informers().of(Resources.PERSISTENT_VOLUMES);
    this.finalizer =
        new Finalizer(context.client(), Resources.VOLUME_ATTRIBUTES_CLASSES, FINALIZER);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "volumeattributesclass-protection-controller";
  }

  @Override
  public void start() throws InterruptedException {
    for (SharedInformer users : List.of(claims, volumes)) {
      users.addIndex(INDEX, user -> List.copyOf(classesOf(user)));
      work.watch(
          users,
          new SharedInformer.Handler() {
            @Override
            public void added(KubeObject object) {}

            @Override
            public void updated(KubeObject before, KubeObject now) {
              deleted(before);
            }

            @Override
            public void deleted(KubeObject last) {
              classesOf(last).forEach(work.queue()::add);
            }
          });
    }
    work.watch(classes, one -> work.queue().add(one.name()));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static Set<String> classesOf(KubeObject user) {
    Set<String> names = new TreeSet<>();
    names.add(user.text("spec", "volumeAttributesClassName"));
    names.add(user.text("status", "currentVolumeAttributesClassName"));
    names.add(user.text("status", "modifyVolumeStatus", "targetVolumeAttributesClassName"));
    names.remove("");
    return names;
  }

  private void sync(String name) {
    KubeObject one = classes.get("", name);
    if (one != null) {
      finalizer.sync(
          one,
          () -> !claims.byIndex(INDEX, name).isEmpty() || !volumes.byIndex(INDEX, name).isEmpty());
    }
  }
}
