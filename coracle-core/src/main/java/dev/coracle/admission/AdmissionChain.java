package dev.coracle.admission;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.AdmissionHook;
import java.util.List;

/**
 * The plugins, in order: all of them mutate, a second time if one of them asks for it, then all of
 * them validate.
 */
public final class AdmissionChain implements AdmissionHook {

  private final List<AdmissionPlugin> plugins;

  public AdmissionChain(List<AdmissionPlugin> plugins) {
    this.plugins = List.copyOf(plugins);
  }

  @Override
  public void mutate(AdmissionAttributes attributes) {
    Reinvocation reinvocation = new Reinvocation();
    do {
      for (AdmissionPlugin plugin : plugins) {
        plugin.admit(attributes, reinvocation);
      }
    } while (!reinvocation.isAgain() && reinvocation.begin());
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    for (AdmissionPlugin plugin : plugins) {
      plugin.validate(attributes);
    }
  }
}
