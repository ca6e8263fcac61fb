package dev.coracle.registry.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import dev.coracle.store.Store;
import dev.coracle.store.engine.MemoryStore;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchCacheTest {

  private final MemoryStore store = new MemoryStore();
  private final WatchCache cache =
      new WatchCache(store, Things.PREFIX, new WatchCache.Bounds(400, 4 << 20));

  @AfterEach
  void close() {
    store.close();
  }

  private Follower follow(Random random) {
    Follower follower =
        new Follower(
            List.of("", "a", "b").get(random.nextInt(3)),
            List.of("", "red", "blue").get(random.nextInt(3)),
            random.nextBoolean());
    if (follower.initial) {
      follower.watch =
          cache.watch(
              follower.namespace,
              follower.selection(),
              new WatchCache.Start.Now(0, Things::bookmark),
              false,
              follower);
      return follower;
    }
    long now = store.currentRevision();
    follower.from = Math.max(1, now - random.nextInt(200));
    follower.watch =
        cache.watch(
            follower.namespace,
            follower.selection(),
            new WatchCache.Start.After(follower.from),
            false,
            follower);
    return follower;
  }

  private List<Store.Change> record() {
    List<Store.Change> history = new ArrayList<>();
    store.watch(
        Things.PREFIX,
        0,
        change -> {
          if (!(change instanceof Store.Change.Progress)) {
            synchronized (history) {
              history.add(change);
            }
          }
        });
    return history;
  }

  @Test
  void watchers_comingAndGoing_seeEveryChangeOnceAndInOrder() {
    for (int seed = 1; seed <= 3; seed++) {
      Random random = new Random(seed);
      List<Store.Change> history = record();
      List<Follower> running = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        Things.randomWrite(store, random);
        if (random.nextInt(20) == 0) {
          running.add(follow(random));
        }
        if (random.nextInt(25) == 0 && !running.isEmpty()) {
          Follower leaving = running.remove(random.nextInt(running.size()));
          leaving.watch.close();
          leaving.check(history, true);
        }
      }
      for (Follower follower : running) {
        follower.check(history, true);
        follower.watch.close();
      }
    }
    assertThat(cache.watcherCount()).isZero();
  }

  @Test
  void watchers_whileManyWrite_seeEveryChangeOnceAndInOrder() throws Exception {
    store.create(Things.key("a", "first"), Things.value("a", "first", "red", 0));
    List<Store.Change> history = record();
    CountDownLatch writing = new CountDownLatch(4);
    for (int writer = 0; writer < 4; writer++) {
      Random random = new Random(100 + writer);
      Thread.startVirtualThread(
          () -> {
            for (int i = 0; i < 1_500; i++) {
              Things.randomWrite(store, random);
              Thread.yield();
            }
            writing.countDown();
          });
    }
    Random random = new Random(5);
    List<Follower> left = new ArrayList<>();
    List<Follower> running = new ArrayList<>();
    while (writing.getCount() > 0) {
      running.add(follow(random));
      if (running.size() > 50) {
        Follower leaving = running.remove(random.nextInt(running.size()));
        leaving.watch.close();
        left.add(leaving);
      }
      Thread.yield();
    }
    writing.await();
    running.forEach(follower -> follower.check(history, true));
    left.forEach(follower -> follower.check(history, false));
    assertThat(cache.snapshot().tree().size())
        .isEqualTo((int) store.range(Things.PREFIX, "", 1, 0).count());
  }

  @Test
  void states_ofThePast_areReadAsTheyWere() {
    Random random = new Random(11);
    cache.snapshot();
    List<Long> revisions = new ArrayList<>();
    List<List<String>> states = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Things.randomWrite(store, random);
      revisions.add(store.currentRevision());
      List<String> state = new ArrayList<>();
      cache.snapshot().tree().forEach(object -> state.add(object.toString()));
      states.add(state);
    }
    for (int i = 0; i < revisions.size(); i++) {
      ObjectTree tree = cache.at(revisions.get(i));
      assertThat(tree).isNotNull();
      List<String> state = new ArrayList<>();
      tree.forEach(object -> state.add(object.toString()));
      assertThat(state).isEqualTo(states.get(i));
    }
  }

  @Test
  void watch_fromForgottenRevision_isExpired() {
    Random random = new Random(3);
    cache.snapshot();
    for (int i = 0; i < 1_000; i++) {
      Things.randomWrite(store, random);
    }
    store.compact(50);
    assertThatThrownBy(
            () ->
                cache.watch(
                    "",
                    Selection.ALL,
                    new WatchCache.Start.After(2),
                    false,
                    new Follower("", "", false)))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.isGone()).isTrue();
              assertThat(e.reason()).isEqualTo("Expired");
              assertThat(e.status().message()).startsWith("too old resource version: 2 (");
            });
  }

  @Test
  void watch_fromARevisionToCome_tellsWhatComesAfterIt() {
    cache.snapshot();
    long toCome = store.currentRevision() + 2;
    List<WatchEvent> told = new ArrayList<>();
    cache.watch(
        "",
        Selection.ALL,
        new WatchCache.Start.After(toCome),
        true,
        new Registry.WatchSink() {
          @Override
          public boolean offer(WatchEvent event) {
            return told.add(event);
          }

          @Override
          public void ended() {}
        });
    store.create(Things.key("a", "early"), Things.value("a", "early", "red", 0));
    cache.bookmark(Things::bookmark);
    assertThat(told).isEmpty();
    store.create(Things.key("a", "last"), Things.value("a", "last", "red", 0));
    store.create(Things.key("a", "told"), Things.value("a", "told", "red", 0));
    assertThat(told).extracting(event -> event.object().name()).containsExactly("told");
    cache.bookmark(Things::bookmark);
    assertThat(told).hasSize(2);
  }

  @Test
  void watch_fromBeforeTheCachesHistory_readsTheStores() {
    Random random = new Random(4);
    List<Store.Change> history = record();
    cache.snapshot();
    for (int i = 0; i < 1_000; i++) {
      Things.randomWrite(store, random);
    }
    Follower follower = new Follower("a", "red", false);
    follower.from = 20;
    cache.watch("a", follower.selection(), new WatchCache.Start.After(20), false, follower);
    for (int i = 0; i < 20; i++) {
      Things.randomWrite(store, random);
    }
    follower.check(history, true);
  }

  @Test
  void watch_readingThePastSlowly_isExpiredWhenTheStoreForgetsIt() {
    Random random = new Random(5);
    cache.snapshot();
    for (int i = 0; i < 1_000; i++) {
      Things.randomWrite(store, random);
    }
    List<Iterator<WatchEvent>> past = new ArrayList<>();
    cache.watch(
        "",
        Selection.ALL,
        new WatchCache.Start.After(20),
        false,
        new Registry.WatchSink() {
          @Override
          public boolean offer(WatchEvent event) {
            return true;
          }

          @Override
          public boolean offerAll(Iterator<WatchEvent> events) {
            return past.add(events);
          }

          @Override
          public void ended() {}
        });
    Iterator<WatchEvent> events = past.getFirst();
    assertThat(events.next().object().resourceVersion()).isEqualTo(21);
    store.compact(600);
    assertThatThrownBy(
            () -> {
              while (events.hasNext()) {
                assertThat(events.next().object().resourceVersion()).isLessThan(600);
              }
            })
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.reason()).isEqualTo("Expired"));
  }

  @Test
  void watch_thatDoesNotTakeWhileItBegins_isEnded() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Registry.WatchSink sink =
        new Registry.WatchSink() {
          @Override
          public boolean offer(WatchEvent event) {
            return true;
          }

          @Override
          public boolean offerAll(Iterator<WatchEvent> events) {
            // As long as this lasts, what happens is kept for the watcher.
            for (int i = 0; i < 17_000; i++) {
              store.create(Things.key("a", "n" + i), Things.value("a", "n" + i, "red", i));
            }
            return true;
          }

          @Override
          public void ended() {
            ended.countDown();
          }
        };
    cache.watch("", Selection.ALL, new WatchCache.Start.Now(0, null), false, sink);
    assertThat(ended.getCount()).isZero();
    assertThat(cache.watcherCount()).isZero();
  }

  @Test
  void watch_ofSomeoneSlow_isCutAndOthersGoOn() {
    AtomicInteger offered = new AtomicInteger();
    cache.watch(
        "",
        Selection.ALL,
        new WatchCache.Start.Now(0, null),
        false,
        new Registry.WatchSink() {
          @Override
          public boolean offer(WatchEvent event) {
            return offered.incrementAndGet() < 5;
          }

          @Override
          public void ended() {}
        });
    Follower other = new Follower("", "", false);
    other.from = store.currentRevision();
    cache.watch("", Selection.ALL, new WatchCache.Start.After(other.from), false, other);
    List<Store.Change> history = record();
    Random random = new Random(2);
    for (int i = 0; i < 50; i++) {
      Things.randomWrite(store, random);
    }
    assertThat(offered.get()).isEqualTo(5);
    assertThat(cache.watcherCount()).isEqualTo(1);
    other.check(history, true);
  }

  @Test
  void filling_fromAStoreWithHistory_keepsItForWatchers() {
    Random random = new Random(9);
    for (int i = 0; i < 100; i++) {
      Things.randomWrite(store, random);
    }
    List<Store.Change> history = record();
    Follower follower = new Follower("", "", false);
    follower.from = 40;
    follower.watch =
        cache.watch("", Selection.ALL, new WatchCache.Start.After(40), false, follower);
    for (int i = 0; i < 20; i++) {
      Things.randomWrite(store, random);
    }
    follower.check(history, true);
  }

  @Test
  void event_ofOneChange_isSharedByItsWatchers() {
    Follower one = new Follower("", "", false);
    Follower two = new Follower("a", "red", false);
    cache.watch("", one.selection(), new WatchCache.Start.Now(0, null), false, one);
    cache.watch("a", two.selection(), new WatchCache.Start.Now(0, null), false, two);
    store.create(Things.key("a", "x"), Things.value("a", "x", "red", 1));
    assertThat(one.events).hasSize(1);
    assertThat(one.events.get(0)).isSameAs(two.events.get(0));
  }
}
