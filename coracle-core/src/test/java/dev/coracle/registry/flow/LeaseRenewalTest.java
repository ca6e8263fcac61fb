package dev.coracle.registry.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RegistryFixture;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Renewals in bytes, held to the long way, which a dry run takes. */
class LeaseRenewalTest extends RegistryFixture {

  private static final String CREATED =
      "{'metadata':{'name':'n'},'spec':{'holderIdentity':'n','leaseDurationSeconds':40,"
          + "'renewTime':'2026-11-21T04:00:00.000000Z'}}";

  private int inBytes;
  private boolean labelling;

  /** Counts the updates of which nobody has seen a tree until the end of admission. */
  @Override
  protected Registry open() {
    AdmissionHook hook =
        new AdmissionHook() {
          @Override
          public void mutate(AdmissionAttributes attributes) {
            ObjectNode object = labelling ? attributes.object() : null;
            if (object != null) {
              object.withObject("/metadata/labels").put("seen", "yes");
            }
          }

          @Override
          public void validate(AdmissionAttributes attributes) {
            boolean update = attributes.operation() == Operation.UPDATE;
            inBytes += update && !attributes.body().isAsked() ? 1 : 0;
          }
        };
    return Registries.open(
        store, RegistryConfig.builder(clock, new SchemaAdapter()).admission(hook).build());
  }

  private KubeObject write(String manager, String body, boolean dryRun) {
    return registry
        .patch(
            context,
            type("leases"),
            "a",
            "n",
            "",
            PatchType.MERGE,
            body.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
            new WriteOptions(dryRun, manager, "", false))
        .object();
  }

  private String renewal(String others) {
    return "{'spec':{" + others + "'renewTime':'" + Timestamps.micros(clock.instant()) + "'}}";
  }

  private static ObjectNode unversioned(KubeObject object) {
    ObjectNode tree = object.mutableTree();
    tree.withObject("/metadata").remove("resourceVersion");
    return tree;
  }

  /** What is stored, after it was found to be what the long way makes. */
  private KubeObject compared(String manager, String body) {
    String expected;
    try {
      expected = unversioned(write(manager, body, true)).toString();
    } catch (StatusException e) {
      expected = e.status().message();
    }
    long before = get("leases", "a", "n").resourceVersion();
    try {
      KubeObject now = write(manager, body, false);
      assertThat(unversioned(now).toString()).as(body).isEqualTo(expected);
      assertThat(now.resourceVersion()).isGreaterThanOrEqualTo(before);
    } catch (StatusException e) {
      assertThat(e.status().message()).as(body).isEqualTo(expected);
    }
    KubeObject stored = get("leases", "a", "n");
    assertThat(KubeObject.of(stored.tree()).json()).as("canonical").isEqualTo(stored.json());
    return stored;
  }

  @Test
  void patch_renewTimeMovesOn_isStoredWithoutATree() {
    create("leases", "a", CREATED);
    KubeObject before = compared("test", renewal(""));
    clock.advance(Duration.ofSeconds(10));
    KubeObject now = compared("test", renewal("'holderIdentity':'n','leaseDurationSeconds':40,"));
    assertThat(now.resourceVersion()).isGreaterThan(before.resourceVersion());
    assertThat(now.text("spec", "renewTime")).isEqualTo("2026-11-21T04:00:10.000000Z");
    assertThat(now.at("metadata", "managedFields").path(0).path("time").asText())
        .isEqualTo("2026-11-21T04:00:10Z");
    assertThat(inBytes).isEqualTo(1);
  }

  @Test
  void patch_pluginLooks_takesItsChange() {
    create("leases", "a", CREATED);
    clock.advance(Duration.ofSeconds(10));
    labelling = true;
    KubeObject now = compared("test", renewal(""));
    assertThat(now.labels()).containsEntry("seen", "yes");
    assertThat(now.text("spec", "renewTime")).isEqualTo("2026-11-21T04:00:10.000000Z");
    assertThat(inBytes).isZero();
  }

  @Test
  void patch_notJustSo_goesTheLongWay() {
    create("leases", "a", CREATED);
    KubeObject unused =
        patch("leases", "a", "n", "", "{'metadata':{'annotations':{'renewTime':'x'}}}");
    clock.advance(Duration.ofSeconds(10));
    String time = Timestamps.micros(clock.instant());
    int before = inBytes;
    for (String body :
        List.of(
            renewal(""), // its annotation is owned under the same name
            renewal("'holderIdentity':'m',"),
            renewal("'leaseDurationSeconds':4,"),
            renewal("'leaseDurationSeconds':0,"),
            renewal("'leaseTransitions':1,"),
            renewal("'renewTime':'" + time + "',"),
            renewal("'holderIdentity':'n','holderIdentity':'n',"),
            renewal("'strategy':null,"),
            renewal("'nobody':'knows',"),
            renewal("").replace(":{", ": {"),
            renewal("").replace("}}", "},'metadata':{'labels':{'a':'b'}}}"),
            renewal("").replace("'}}", "',}}"),
            renewal("").replace("-11-", "-02-").replace("-21T", "-30T"),
            renewal("").replace("T04", "T24"),
            renewal("").replace("000Z", "Z"),
            renewal("").replace("Z'", "+00:00'"),
            "{'spec':{'renewTime':7}}",
            "{'spec':{'renewTime':'x'}}",
            "{'spec':{'renewTime'}}",
            "{'spec':{}}",
            "{'spec':{'renewTime':'}}")) {
      KubeObject same = compared("test", body);
      assertThat(same.name()).isEqualTo("n");
    }
    assertThat(inBytes - before).isZero();
  }

  @Test
  void patch_manyWritesOfSeveralManagers_givesWhatTheLongWayGives() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      create("leases", "a", CREATED.replace("'n'}", "'n','labels':{'f':'g'}}"));
      for (int step = 0; step < 40; step++) {
        clock.advance(Duration.ofMillis(random.nextInt(1500)));
        String manager = random.nextInt(5) == 0 ? "other" : "test";
        String body =
            switch (random.nextInt(8)) {
              case 0 -> renewal("'holderIdentity':'" + random.nextInt(2) + "',");
              case 1 -> "{'metadata':{'labels':{'manager':'" + random.nextInt(2) + "'}}}";
              case 2 -> "{'spec':{'preferredHolder':null,'strategy':null}}";
              default -> renewal("'leaseDurationSeconds':40,");
            };
        KubeObject unused = compared(manager, body);
      }
      delete("leases", "a", "n", DeleteOptions.DEFAULT);
    }
    assertThat(inBytes).as("renewals in bytes").isGreaterThan(200);
  }
}
