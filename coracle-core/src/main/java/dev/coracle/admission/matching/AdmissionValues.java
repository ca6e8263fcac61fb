package dev.coracle.admission.matching;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.KubeObject;
import dev.coracle.schema.cel.AccessCheck;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.ExpressionValues;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A write as the variables of admission's expressions. */
public final class AdmissionValues {

  private AdmissionValues() {}

  /**
   * @param original the write as it was sent
   * @param write the same with its objects in the version of the match
   * @param namespace null when there is none to show
   */
  public static Map<String, Object> of(
      AdmissionAttributes original,
      AdmissionAttributes write,
      AdmissionRules.Match match,
      @Nullable KubeObject namespace,
      AccessCheck access) {
    Map<String, Object> values = new HashMap<>();
    KubeObject old = write.oldObject();
    values.put("object", ExpressionValues.of(write.object()));
    values.put("oldObject", ExpressionValues.of(old == null ? null : old.tree()));
    values.put("request", ExpressionValues.of(AdmissionRequests.of(original, match, "")));
    values.put("namespaceObject", ExpressionValues.of(namespace == null ? null : namespace.tree()));
    values.put("params", ExpressionValues.nothing());
    AdmissionScope.putAuthorizer(values, access, original);
    return values;
  }
}
