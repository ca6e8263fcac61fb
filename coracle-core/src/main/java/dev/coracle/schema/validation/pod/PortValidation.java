package dev.coracle.schema.validation.pod;

import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import java.util.HashSet;
import java.util.Set;

/** Ports of containers. */
final class PortValidation {

  private PortValidation() {}

  static void validate(Field ports) {
    Set<String> names = new HashSet<>();
    for (Field port : ports.items()) {
      Field name = port.child("name");
      if (!name.blank()) {
        if (Names.portName(name.text()).isEmpty()) {
          if (!names.add(name.text())) {
            name.duplicate();
          }
        } else {
          name.invalid(Names.portName(name.text()));
        }
      }
      Field number = port.child("containerPort");
      if (number.number() == 0) {
        number.required("");
      } else {
        number.invalid(Names.portNumber(number.number()));
      }
      Field host = port.child("hostPort");
      if (host.number() != 0) {
        host.invalid(Names.portNumber(host.number()));
      }
      port.child("hostIP").ip();
      port.child("protocol").neededOneOf("SCTP", "TCP", "UDP");
    }
  }

  static void hostPorts(Field ports, Set<String> taken, boolean hostNetwork) {
    for (Field port : ports.items()) {
      Field host = port.child("hostPort");
      if (host.number() != 0) {
        String key = port.text("protocol") + "/" + port.text("hostIP") + "/" + host.number();
        if (!taken.add(key)) {
          host.errors().duplicate(host.path(), key);
        }
      }
      Field number = port.child("containerPort");
      if (hostNetwork && host.number() != number.number()) {
        number.invalid("must match `hostPort` when `hostNetwork` is true");
      }
    }
  }
}
