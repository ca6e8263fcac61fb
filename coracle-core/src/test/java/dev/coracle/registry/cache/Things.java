package dev.coracle.registry.cache;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.store.ConflictException;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Objects of a kind of their own, as a store holds them and as watchers are told of them. */
final class Things {

  static final String PREFIX = "/registry/core/things/";

  private Things() {}

  static byte[] value(String namespace, String name, String color, int count) {
    var object = Json.object().put("kind", "Thing").put("apiVersion", "v1");
    object
        .putObject("metadata")
        .put("name", name)
        .put("namespace", namespace)
        .put("uid", "u-" + name)
        .putObject("labels")
        .put("color", color);
    object.putObject("spec").put("count", count);
    return Json.write(object);
  }

  static String key(String namespace, String name) {
    return PREFIX + namespace + "/" + name;
  }

  static WatchEvent bookmark(long revision) {
    return new WatchEvent(
        WatchEvent.Type.BOOKMARK,
        KubeObject.of(
            ("{\"kind\":\"Thing\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
                    + revision
                    + "\"}}")
                .getBytes(StandardCharsets.UTF_8)));
  }

  static String describe(String type, String key, long revision, String color) {
    return type + " " + key + "@" + revision + " " + color;
  }

  static String describe(WatchEvent event) {
    KubeObject object = event.object();
    return describe(
        event.type().name(),
        object.key(),
        object.resourceVersion(),
        object.labels().getOrDefault("color", ""));
  }

  static void randomWrite(Store store, Random random) {
    String namespace = List.of("a", "a-b", "b").get(random.nextInt(3));
    String name = "n" + random.nextInt(60);
    String color = List.of("red", "blue", "green").get(random.nextInt(3));
    String key = key(namespace, name);
    Store.Entry entry = store.get(key);
    try {
      if (entry == null) {
        store.create(key, value(namespace, name, color, random.nextInt(100)));
      } else if (random.nextInt(4) == 0) {
        store.delete(key, entry.modRevision());
      } else {
        store.update(key, value(namespace, name, color, random.nextInt(100)), entry.modRevision());
      }
      if (random.nextInt(5) == 0) {
        store.create("/registry/core/others/x" + store.currentRevision(), new byte[] {'{', '}'});
      }
    } catch (ConflictException | KeyExistsException e) {
      // Another writer was faster.
      return;
    }
  }
}
