package dev.coracle.schema.validation.pod;

import dev.coracle.schema.validation.field.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Kernel settings of a Pod: their names, and that they are of namespaces that it has to itself. */
final class SysctlValidation {

  private static final int LONGEST = 253;

  private static final Pattern NAME =
      Pattern.compile("^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");

  private static final List<String> OF_IPC = List.of("kernel.shm", "kernel.msg", "fs.mqueue.");

  private SysctlValidation() {}

  static void validate(Field spec) {
    Set<String> names = new HashSet<>();
    for (Field sysctl : spec.child("securityContext").child("sysctls").items()) {
      Field name = sysctl.child("name");
      if (!name.needed()) {
        continue;
      }
      String text = name.text();
      if (text.length() > LONGEST || !NAME.matcher(text).matches()) {
        name.invalid("must have at most " + LONGEST + " characters and match regex " + NAME);
      } else if (names.contains(text)) {
        name.duplicate();
      }
      names.add(text);
      String dotted = dotted(text);
      if (spec.flag("hostNetwork") && dotted.startsWith("net.")) {
        name.invalid("may not be specified when 'hostNetwork' is true");
      } else if (spec.flag("hostIPC") && isOfIpc(dotted)) {
        name.invalid("may not be specified when 'hostIPC' is true");
      }
    }
  }

  private static boolean isOfIpc(String dotted) {
    return dotted.equals("kernel.sem") || OF_IPC.stream().anyMatch(dotted::startsWith);
  }

  /** Names with slashes have their dots and slashes exchanged (sysctl(8)). */
  private static String dotted(String name) {
    int slash = name.indexOf('/');
    int dot = name.indexOf('.');
    if (slash < 0 || (dot >= 0 && dot < slash)) {
      return name;
    }
    return name.replace('.', '\0').replace('/', '.').replace('\0', '/');
  }
}
