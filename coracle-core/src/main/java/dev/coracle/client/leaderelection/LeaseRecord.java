package dev.coracle.client.leaderelection;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;

/**
 * What a Lease says of the leader.
 *
 * @param holder its identity; empty when the last one let go
 * @param duration how long it stays one after its last renewal
 * @param acquired since when it leads; RFC 3339
 * @param renewed when it said so last; RFC 3339
 * @param transitions how often the leader has changed
 */
record LeaseRecord(
    String holder, Duration duration, String acquired, String renewed, int transitions) {

  static LeaseRecord of(KubeObject lease) {
    return new LeaseRecord(
        lease.text("spec", "holderIdentity"),
        Duration.ofSeconds(lease.at("spec", "leaseDurationSeconds").asLong(0)),
        lease.text("spec", "acquireTime"),
        lease.text("spec", "renewTime"),
        lease.at("spec", "leaseTransitions").asInt(0));
  }

  /** What this becomes when somebody takes it. */
  LeaseRecord takenBy(String identity, Duration forSoLong, Instant now) {
    String time = Timestamps.micros(now);
    return new LeaseRecord(
        identity, forSoLong, time, time, transitions + (holder.equals(identity) ? 0 : 1));
  }

  /** What this becomes when its holder renews it. */
  LeaseRecord renewed(Duration forSoLong, Instant now) {
    return new LeaseRecord(holder, forSoLong, acquired, Timestamps.micros(now), transitions);
  }

  /** What this becomes when its holder lets go: anybody may take it at once. */
  LeaseRecord released(Instant now) {
    String time = Timestamps.micros(now);
    return new LeaseRecord("", Duration.ofSeconds(1), time, time, transitions);
  }

  ObjectNode spec() {
    return Json.object()
        .put("holderIdentity", holder)
        .put("leaseDurationSeconds", duration.toSeconds())
        .put("acquireTime", acquired)
        .put("renewTime", renewed)
        .put("leaseTransitions", transitions);
  }
}
