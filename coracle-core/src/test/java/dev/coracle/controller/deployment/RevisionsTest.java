package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevisionsTest {

  private static KubeObject object(String annotations, String more) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: Thing
        metadata: {name: web, namespace: ns, generation: 1, annotations: {%s}}
        %s
        """
            .formatted(annotations, more));
  }

  private static String annotation(ObjectNode tree, String name) {
    return tree.path("metadata").path("annotations").path(name).asText();
  }

  @Test
  void annotateNew_again_numbersAnewAndRemembers() {
    ObjectNode set =
        object(
                Revisions.REVISION
                    + ": '2', "
                    + Revisions.HISTORY
                    + ": '1', "
                    + Revisions.MAX_REPLICAS
                    + ": '5'",
                "")
            .mutableTree();
    KubeObject deployment =
        object(
            "kubernetes.io/change-cause: why, "
                + Revisions.MAX_REPLICAS
                + ": '7', kubectl.kubernetes.io/last-applied-configuration: x",
            "");
    assertThat(Revisions.annotateNew(set, deployment, 6)).isTrue();
    assertThat(annotation(set, Revisions.REVISION)).isEqualTo("6");
    assertThat(annotation(set, Revisions.HISTORY)).isEqualTo("1,2");
    assertThat(annotation(set, "kubernetes.io/change-cause")).isEqualTo("why");
    assertThat(annotation(set, Revisions.MAX_REPLICAS)).isEqualTo("5");
    assertThat(set.toString()).doesNotContain("last-applied");
    assertThat(Revisions.annotateNew(set, deployment, 6)).isFalse();
  }

  @Test
  void annotateNew_veryOften_forgetsTheOldestRevisions() {
    ObjectNode set = object(Revisions.REVISION + ": '1'", "").mutableTree();
    KubeObject deployment = object("", "");
    for (int revision = 2; revision < 1000; revision++) {
      boolean unused = Revisions.annotateNew(set, deployment, revision);
    }
    String history = annotation(set, Revisions.HISTORY);
    assertThat(history.length()).isBetween(1990, 2000);
    assertThat(history).endsWith(",997,998").doesNotStartWith("1,");
  }

  @Test
  void secondNewest_ofOneOrMore_isTheLastButOne() {
    KubeObject one = object(Revisions.REVISION + ": '4'", "");
    KubeObject two = object(Revisions.REVISION + ": '9'", "");
    assertThat(Revisions.secondNewest(List.of(one))).isZero();
    assertThat(Revisions.secondNewest(List.of(one, two))).isEqualTo(4);
  }

  @Test
  void beyondLimit_emptyAndObservedOnly_oldestFirst() {
    String empty = "spec: {replicas: 0}\nstatus: {replicas: 0, observedGeneration: 1}";
    KubeObject one = object(Revisions.REVISION + ": '1'", empty);
    KubeObject busy =
        object(
            Revisions.REVISION + ": '2'",
            "spec: {replicas: 0}\nstatus: {replicas: 1, observedGeneration: 1}");
    KubeObject unseen =
        object(Revisions.REVISION + ": '3'", "spec: {replicas: 0}\nstatus: {replicas: 0}");
    KubeObject four = object(Revisions.REVISION + ": '4'", empty);
    assertThat(Revisions.beyondLimit(List.of(four, unseen, busy, one), 1)).containsExactly(one);
    assertThat(Revisions.beyondLimit(List.of(four, unseen, busy, one), 0))
        .containsExactly(one, four);
    assertThat(Revisions.beyondLimit(List.of(four, one), 2)).isEmpty();
  }

  @Test
  void find_severalOfTheSameTemplate_isTheOldest() {
    String template =
        "spec: {template: {metadata: {labels: {a: b%s}}, spec: {containers: [{name: c}]}}}";
    KubeObject deployment = object("", template.formatted(""));
    KubeObject young =
        Make.object(
            "apiVersion: apps/v1\nkind: ReplicaSet\n"
                + "metadata: {name: young, creationTimestamp: '2026-01-02T00:00:00Z'}\n"
                + template.formatted(", pod-template-hash: x"));
    KubeObject old =
        Make.object(
            "apiVersion: apps/v1\nkind: ReplicaSet\n"
                + "metadata: {name: old, creationTimestamp: '2026-01-01T00:00:00Z'}\n"
                + template.formatted(", pod-template-hash: y"));
    assertThat(Revisions.find(deployment, List.of(young, old))).isSameAs(old);
    assertThat(Revisions.find(deployment, List.of())).isNull();
  }
}
