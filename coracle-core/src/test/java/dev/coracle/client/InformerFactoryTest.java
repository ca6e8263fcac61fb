package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.SystemClock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InformerFactoryTest {

  private static final GroupVersionResource MAPS = GroupVersionResource.core("configmaps");

  private final FakeTransport transport = new FakeTransport();
  private final Client client = new Client(transport);
  private final SystemClock clock = new SystemClock();
  private final InformerFactory informers = new InformerFactory(client, clock);

  @AfterEach
  void close() {
    informers.close();
    clock.close();
  }

  private KubeObject create(String name) {
    return client.create(MAPS, "ns", FakeTransport.object("ConfigMap", name));
  }

  private KubeObject set(String name, String value) {
    var tree = client.get(MAPS, "ns", name).mutableTree();
    tree.set("data", Json.object().put("k", value));
    return client.update(MAPS, "ns", name, tree);
  }

  private void delete(String name) {
    client.delete(MAPS, "ns", name, DeleteOptions.DEFAULT);
  }

  private static final class Log implements SharedInformer.Handler {
    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void added(KubeObject object) {
      lines.add("+" + object.name());
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      lines.add(now.name() + ":" + before.text("data", "k") + ">" + now.text("data", "k"));
    }

    @Override
    public void deleted(KubeObject last) {
      lines.add("-" + last.name());
    }
  }

  @Test
  void informer_changes_areCachedAndToldInOrder() throws Exception {
    create("a");
    SharedInformer informer = informers.of(MAPS);
    Log log = new Log();
    informer.addHandler(log);
    informer.awaitSync();
    assertThat(log.lines).containsExactly("+a");
    create("b");
    await().until(() -> log.lines.contains("+b"));
    set("b", "1");
    await().until(() -> log.lines.contains("b:>1"));
    delete("b");
    await().until(() -> log.lines.contains("-b"));
    assertThat(log.lines).containsExactly("+a", "+b", "b:>1", "-b");
    assertThat(informer.get("ns", "b")).isNull();
    assertThat(informer.list("ns")).extracting(KubeObject::name).containsExactly("a");
  }

  @Test
  void informer_objectOfTransport_isShared() throws Exception {
    KubeObject created = create("a");
    SharedInformer informer = informers.of(MAPS);
    informer.awaitSync();
    assertThat(informer.get("ns", "a")).isSameAs(created);
  }

  @Test
  void of_sameResourceTwice_watchesOnce() throws Exception {
    informers.of(MAPS).awaitSync();
    assertThat(informers.of(MAPS)).isSameAs(informers.of(MAPS));
    assertThat(transport.lists()).isEqualTo(1);
  }

  @Test
  void informer_lostWatch_continuesWithoutListing() throws Exception {
    SharedInformer informer = informers.of(MAPS);
    Log log = new Log();
    informer.addHandler(log);
    informer.awaitSync();
    transport.deafen();
    create("a");
    transport.hear();
    await().until(() -> log.lines.contains("+a"));
    assertThat(transport.lists()).isEqualTo(1);
  }

  @Test
  void informer_goneHistory_relistsAndTellsTheDifference() throws Exception {
    create("kept");
    create("changed");
    create("deleted");
    create("replaced");
    SharedInformer informer = informers.of(MAPS);
    Log log = new Log();
    informer.addHandler(log);
    informer.awaitSync();
    log.lines.clear();
    transport.deafen();
    set("changed", "1");
    set("changed", "2");
    delete("deleted");
    delete("replaced");
    create("replaced");
    create("new");
    transport.compact();
    transport.hear();
    await().until(() -> log.lines.size() == 5);
    assertThat(log.lines)
        .containsExactlyInAnyOrder("changed:>2", "-deleted", "-replaced", "+replaced", "+new");
    assertThat(log.lines.indexOf("-replaced")).isLessThan(log.lines.indexOf("+replaced"));
  }

  @Test
  void informer_serverAway_syncsWhenItComes() throws Exception {
    create("a");
    transport.fail(StatusException.serviceUnavailable("away"));
    SharedInformer informer = informers.of(MAPS);
    Log log = new Log();
    informer.addHandler(log);
    assertThat(informer.hasSynced()).isFalse();
    transport.fail(null);
    informer.awaitSync();
    assertThat(log.lines).containsExactly("+a");
  }

  @Test
  void addHandler_late_isToldOfEverythingFirst() throws Exception {
    create("a");
    create("b");
    SharedInformer informer = informers.of(MAPS);
    informer.awaitSync();
    Log log = new Log();
    informer.addHandler(log);
    informer.awaitSync();
    assertThat(log.lines).containsExactlyInAnyOrder("+a", "+b");
  }

  @Test
  void slowHandler_manyUpdates_becomeOneWithFirstAndLastState() throws Exception {
    create("a");
    create("b");
    SharedInformer informer = informers.of(MAPS);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Log log = new Log();
    informer.awaitSync();
    informer.addHandler(
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject object) {
            entered.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            log.updated(before, now);
          }

          @Override
          public void deleted(KubeObject last) {
            log.deleted(last);
          }
        });
    entered.await();
    // the first of a and b is with the handler, so updates of it wait
    for (int i = 1; i <= 50; i++) {
      set("a", "v" + i);
      set("b", "v" + i);
    }
    delete("a");
    await().until(() -> informer.get("ns", "a") == null);
    go.countDown();
    informer.awaitSync();
    assertThat(log.lines).hasSizeLessThanOrEqualTo(4).contains("-a");
    assertThat(log.lines.size()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void registration_removed_hearsNoMore() throws Exception {
    SharedInformer informer = informers.of(MAPS);
    Log removed = new Log();
    Log kept = new Log();
    SharedInformer.Registration registration = informer.addHandler(removed);
    informer.addHandler(kept);
    informer.awaitSync();
    registration.remove();
    create("a");
    await().until(() -> kept.lines.contains("+a"));
    assertThat(removed.lines).isEmpty();
  }

  @Test
  void byIndex_objectMovesBetweenKeys_isFoundUnderTheNewOne() throws Exception {
    SharedInformer informer = informers.of(MAPS);
    create("a");
    informer.awaitSync();
    informer.addIndex("data", object -> List.of(object.text("data", "k")));
    set("a", "x");
    await().until(() -> informer.byIndex("data", "x").size() == 1);
    assertThat(informer.byIndex("data", "")).isEmpty();
    delete("a");
    await().until(() -> informer.byIndex("data", "x").isEmpty());
  }

  @Test
  void stop_thenAsked_startsAnew() throws Exception {
    SharedInformer first = informers.of(MAPS);
    first.awaitSync();
    informers.stop(MAPS);
    await().until(() -> transport.watches() == 0);
    SharedInformer second = informers.of(MAPS);
    second.awaitSync();
    assertThat(second).isNotSameAs(first);
  }
}
