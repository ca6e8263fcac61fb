package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatefulClaimsTest {

  private static KubeObject set(String whenDeleted, String whenScaled) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: ns, uid: set}
        spec:
          replicas: 2
          persistentVolumeClaimRetentionPolicy: {whenDeleted: %s, whenScaled: %s}
          selector: {matchLabels: {app: db}}
          volumeClaimTemplates:
          - metadata: {name: data}
          - metadata: {name: log}
        """
            .formatted(whenDeleted, whenScaled));
  }

  private static KubeObject pod(int ordinal) {
    return Make.object(
        "{apiVersion: v1, kind: Pod, metadata: {name: db-%d, namespace: ns, uid: pod}}"
            .formatted(ordinal));
  }

  /** A claim with owners in one word each; {@code set!} doesn't manage, {@code set?} is former. */
  private static KubeObject claim(String owners) {
    StringBuilder references = new StringBuilder();
    for (String owner : owners.equals("-") ? new String[0] : owners.split(" ")) {
      String kind = owner.replaceAll("[!?]", "");
      String who =
          switch (kind) {
            case "set" -> "apiVersion: apps/v1, kind: StatefulSet, name: db";
            case "pod0" -> "apiVersion: v1, kind: Pod, name: db-0";
            case "pod5" -> "apiVersion: v1, kind: Pod, name: db-5";
            default -> "apiVersion: example.com/v1, kind: Thing, name: thing";
          };
      references.append(
          "{%s, uid: %s, controller: %s}, "
              .formatted(
                  who,
                  owner.endsWith("?") ? "former" : kind.startsWith("pod") ? "pod" : kind,
                  !owner.endsWith("!")));
    }
    return Make.object(
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0, ownerReferences: [%s]}}"
            .formatted(references));
  }

  @ParameterizedTest
  @CsvSource({
    // whenDeleted, whenScaled, ordinal, owners now, owners wanted (= when they stay)
    "Retain, Retain, 0, -, =",
    "Retain, Retain, 0, set, -",
    "Retain, Retain, 5, pod5, -",
    "Retain, Retain, 0, other, =",
    "Delete, Retain, 0, -, set",
    "Delete, Retain, 0, set, =",
    "Delete, Retain, 5, -, set",
    "Delete, Retain, 0, set!, set",
    "Retain, Delete, 0, -, =",
    "Retain, Delete, 0, set, -",
    "Retain, Delete, 5, -, pod",
    "Retain, Delete, 5, pod5, =",
    "Delete, Delete, 0, -, set",
    "Delete, Delete, 5, set, pod",
    "Delete, Delete, 0, pod0, set",
    // other owners stay, and one that manages keeps the set's away
    "Delete, Retain, 0, other!, other set",
    "Delete, Retain, 0, other, =",
    "Delete, Retain, 0, other set!, other",
    // those of a former set or Pod are the garbage collector's
    "Delete, Retain, 0, set?, =",
    "Retain, Delete, 5, pod5?, ="
  })
  void owners_ofAClaim_areWhatThePolicyWants(
      String whenDeleted, String whenScaled, int ordinal, String now, String wanted) {
    JsonNode owners = StatefulClaims.owners(set(whenDeleted, whenScaled), pod(ordinal), claim(now));
    if (owners == null) {
      assertThat(wanted).isEqualTo("=");
      return;
    }
    StringBuilder shown = new StringBuilder();
    owners.forEach(
        owner -> shown.append(shown.isEmpty() ? "" : " ").append(owner.path("uid").asText()));
    assertThat(shown.isEmpty() ? "-" : shown.toString()).isEqualTo(wanted);
  }

  @Test
  void isStale_ofAFormerPod_onlyWhenClaimsGoWithTheirPods() {
    KubeObject claim = claim("pod0");
    assertThat(StatefulClaims.isStale(set("Retain", "Delete"), claim, "db-0", "")).isTrue();
    assertThat(StatefulClaims.isStale(set("Retain", "Delete"), claim, "db-0", "pod")).isFalse();
    assertThat(StatefulClaims.isStale(set("Retain", "Retain"), claim, "db-0", "")).isFalse();
    assertThat(StatefulClaims.isStale(set("Retain", "Delete"), claim("set"), "db-0", "")).isFalse();
  }

  @Test
  void make_ofAnOrdinal_namesAndOwns() {
    assertThat(StatefulClaims.names(set("Retain", "Retain"), 3))
        .containsExactly("data-db-3", "log-db-3");
    assertThat(StatefulClaims.make(set("Delete", "Retain"), 1))
        .allMatch(claim -> claim.at("/metadata/ownerReferences/0/uid").asText().equals("set"))
        .allMatch(claim -> claim.at("/metadata/labels/app").asText().equals("db"));
    assertThat(StatefulClaims.make(set("Retain", "Delete"), 1))
        .allMatch(claim -> claim.at("/metadata/ownerReferences").isMissingNode());
  }
}
