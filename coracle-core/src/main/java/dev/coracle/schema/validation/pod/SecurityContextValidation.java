package dev.coracle.schema.validation.pod;

import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.storage.VolumeValidation;

/** Security contexts of containers, and the profiles that Pods have too. */
final class SecurityContextValidation {

  private SecurityContextValidation() {}

  static void container(Field context) {
    if (!context.present()) {
      return;
    }
    context.child("runAsUser").between(0, Integer.MAX_VALUE);
    context.child("runAsGroup").between(0, Integer.MAX_VALUE);
    context.child("procMount").oneOf("Default", "Unmasked");
    profiles(context);
    Field escalation = context.child("allowPrivilegeEscalation");
    if (escalation.present() && !escalation.json().asBoolean(true)) {
      if (context.flag("privileged")) {
        context.invalid("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
      }
      for (Field capability : context.child("capabilities").child("add").items()) {
        if (capability.text().equals("CAP_SYS_ADMIN")) {
          context.invalid(
              "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add`"
                  + " CAP_SYS_ADMIN");
        }
      }
    }
  }

  static void profiles(Field context) {
    profile(context.child("seccompProfile"));
    profile(context.child("appArmorProfile"));
  }

  private static void profile(Field profile) {
    if (!profile.present()) {
      return;
    }
    Field type = profile.child("type");
    type.neededOneOf("Localhost", "RuntimeDefault", "Unconfined");
    Field local = profile.child("localhostProfile");
    if (type.text().equals("Localhost")) {
      if (!local.present()) {
        local.required("must be set when seccomp type is Localhost");
      } else {
        VolumeValidation.relativePath(local, false);
      }
    } else if (local.present()) {
      local.invalid("can only be set when seccomp type is Localhost");
    }
  }
}
