package dev.coracle.bench.micro;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.apiserver.encoding.Encoder;
import dev.coracle.apiserver.encoding.SchemaTables;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What one request costs below HTTP, over the memory store, with 5 000 Pods there. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 2, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseCompactObjectHeaders", "-Xmx1g"})
@State(Scope.Benchmark)
public class RegistryBenchmark {

  private static final int PODS = 5_000;

  private final RequestContext context = RequestContext.of(UserInfo.of("bench"), "bench/1");
  private final LabelSelector selector = LabelSelector.parse("app=web,tier in (front,back),!old");
  private final MemoryStore store = new MemoryStore();
  private final Registry registry =
      Registries.open(store, RegistryConfig.of(new SystemClock(), new SchemaAdapter()));
  private final ResourceType pods = type("pods");
  private final ResourceType maps = type("configmaps");
  private KubeObject pod = KubeObject.of("{}".getBytes(StandardCharsets.UTF_8));
  private final Encoder encoder = new Encoder(new SchemaTables(registry, InstantSource.system()));
  private final byte[] sink = new byte[1 << 20];
  private ObjectList listed = new ObjectList(List.of(), 0, null, null);
  private int number;

  @Setup
  public void fill() {
    create(type("namespaces"), "", object("a"));
    for (int i = 0; i < PODS; i++) {
      pod = create(pods, "a", podNamed("web-" + i));
    }
    listed = registry.list(pods, "a", ListOptions.ALL);
    create(maps, "a", object("map"));
    create(maps, "a", object("applied"));
    apply();
  }

  @TearDown
  public void close() {
    store.close();
  }

  private ResourceType type(String plural) {
    return Objects.requireNonNull(registry.find("", "v1", plural));
  }

  private static ObjectNode object(String name) {
    ObjectNode object = Json.object();
    object.putObject("metadata").put("name", name);
    return object;
  }

  private static ObjectNode podNamed(String name) {
    ObjectNode object = object(name);
    ((ObjectNode) object.path("metadata"))
        .putObject("labels")
        .put("app", "web")
        .put("tier", "front");
    ObjectNode container = object.putObject("spec").putArray("containers").addObject();
    container.put("name", "main").put("image", "bench");
    return object;
  }

  private KubeObject create(ResourceType type, String namespace, ObjectNode object) {
    return registry.create(context, type, namespace, "", "", object, WriteOptions.NONE).object();
  }

  private KubeObject patch(String name, PatchType patchType, String body, WriteOptions options) {
    return registry
        .patch(
            context, maps, "a", name, "", patchType, body.getBytes(StandardCharsets.UTF_8), options)
        .object();
  }

  /** The index of a Pod's JSON, in one pass. */
  @Benchmark
  public KubeObject indexExtraction() {
    return KubeObject.of(pod.json());
  }

  @Benchmark
  public boolean selectorMatch() {
    return selector.matches(pod.labels());
  }

  @Benchmark
  public KubeObject createPod() {
    return create(pods, "a", podNamed("new-" + number++));
  }

  @Benchmark
  public ObjectList list5000() {
    return registry.list(pods, "a", ListOptions.ALL);
  }

  /** A LIST's answer as bytes, apart from finding what is in it. */
  @Benchmark
  public long concatenate5000() throws IOException {
    return written(Negotiated.View.WHOLE);
  }

  /** The same as a Table, row by row. */
  @Benchmark
  @Warmup(iterations = 4, time = 1)
  public long table5000() throws IOException {
    return written(Negotiated.View.TABLE);
  }

  private long written(Negotiated.View view) throws IOException {
    ApiResponse.Many many =
        new ApiResponse.Many(
            listed,
            pods,
            new Negotiated(Negotiated.Encoding.JSON, view, true, false, "application/json"));
    long[] length = new long[1];
    Objects.requireNonNull(encoder.pieces(many, Query.EMPTY))
        .writeTo(
            (bytes, offset, count) -> {
              System.arraycopy(bytes, offset, sink, 0, count);
              length[0] += count;
            });
    return length[0];
  }

  /** A change as the line that all its watchers get. */
  @Benchmark
  public byte[] encodeEvent() {
    return new WatchEvent(WatchEvent.Type.MODIFIED, pod).line();
  }

  @Benchmark
  public ObjectList list5000SelectorMatchesNone() {
    return registry.list(pods, "a", ListOptions.ALL.withLabelSelector("app=nobody"));
  }

  @Benchmark
  public KubeObject mergePatch() {
    return patch(
        "map", PatchType.MERGE, "{\"data\":{\"k\":\"" + number++ + "\"}}", WriteOptions.NONE);
  }

  @Benchmark
  public KubeObject strategicMergePatch() {
    return patch(
        "map", PatchType.STRATEGIC, "{\"data\":{\"k\":\"" + number++ + "\"}}", WriteOptions.NONE);
  }

  @Benchmark
  public KubeObject apply() {
    return patch(
        "applied",
        PatchType.APPLY,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"k\":\"" + number++ + "\"}}",
        WriteOptions.manager("bench"));
  }
}
