package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import org.jspecify.annotations.Nullable;

/** IPAddresses that users and controllers make: no Service gets the address at the same moment. */
final class IpAddressStrategy implements Strategy {

  private final ServiceAddresses addresses;

  IpAddressStrategy(ServiceAddresses addresses) {
    this.addresses = addresses;
  }

  @Override
  public Allocation allocate(Write write, ObjectNode object, @Nullable KubeObject old) {
    if (old != null || write.dryRun()) {
      return Allocation.NONE;
    }
    String ip = Meta.text(Meta.of(object), "name");
    if (!addresses.reserve(ip)) {
      throw StatusException.alreadyExists(write.type().group(), write.type().plural(), ip);
    }
    return new Allocation() {
      @Override
      public void release() {
        addresses.written(ip);
      }

      @Override
      public void kept() {
        addresses.written(ip);
      }
    };
  }
}
