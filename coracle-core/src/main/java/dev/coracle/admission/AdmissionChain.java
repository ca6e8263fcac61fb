package dev.coracle.admission;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import java.util.List;

/**
 * The plugins, in order: all of them mutate, a second time if one of them asks for it, then all of
 * them validate.
 */
public final class AdmissionChain implements AdmissionHook {

  private final List<AdmissionPlugin> mutating;
  private final List<AdmissionPlugin> validating;

  public AdmissionChain(List<AdmissionPlugin> plugins) {
    this(plugins, plugins);
  }

  /** Of plugins of which some do only one of the two. */
  AdmissionChain(List<AdmissionPlugin> mutating, List<AdmissionPlugin> validating) {
    this.mutating = List.copyOf(mutating);
    this.validating = List.copyOf(validating);
  }

  @Override
  public void mutate(AdmissionAttributes attributes) {
    Reinvocation reinvocation = new Reinvocation();
    do {
      for (AdmissionPlugin plugin : mutating) {
        plugin.admit(attributes, reinvocation);
      }
    } while (!reinvocation.isAgain() && reinvocation.begin());
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    for (AdmissionPlugin plugin : validating) {
      plugin.validate(attributes);
    }
  }
}
