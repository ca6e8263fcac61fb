package dev.coracle.controller.garbage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.controller.Make;
import dev.coracle.controller.garbage.OwnersState.Owner;
import dev.coracle.controller.garbage.OwnersState.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnersStateTest {

  private static final KubeObject PLAIN = Make.pod("a", "Running", true, "");

  private static OwnersState owners(Owner... states) {
    List<OwnerReference> references = new ArrayList<>();
    for (int i = 0; i < states.length; i++) {
      references.add(new OwnerReference("v1", "Pod", "o" + i, "" + i, false, true));
    }
    return OwnersState.of(references, reference -> states[Integer.parseInt(reference.uid())]);
  }

  @Test
  void verdict_allOwnersGone_deletesInBackground() {
    assertThat(owners(Owner.GONE, Owner.GONE).verdict(PLAIN, true))
        .isEqualTo(new Verdict.Delete("Background"));
  }

  @Test
  void verdict_oneOwnerStays_dropsTheOthers() {
    assertThat(owners(Owner.GONE, Owner.THERE, Owner.WAITING).verdict(PLAIN, false))
        .isEqualTo(new Verdict.Detach(List.of("0", "2")));
    assertThat(owners(Owner.THERE).verdict(PLAIN, false)).isEqualTo(new Verdict.Keep());
  }

  @Test
  void verdict_ownerWaits_passesForegroundOnToDependents() {
    assertThat(owners(Owner.WAITING).verdict(PLAIN, true))
        .isEqualTo(new Verdict.Delete("Foreground"));
    assertThat(owners(Owner.WAITING).verdict(PLAIN, false))
        .isEqualTo(new Verdict.Delete("Background"));
  }

  @Test
  void verdict_orphanFinalizer_orphansItsOwnDependents() {
    KubeObject object = Make.pod("a", "Running", true, ", finalizers: [orphan]");
    assertThat(owners(Owner.GONE).verdict(object, true)).isEqualTo(new Verdict.Delete("Orphan"));
  }
}
