package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.storage.DownwardValidation;
import dev.coracle.schema.validation.storage.VolumeValidation;
import java.util.List;
import java.util.Map;

/** Environment variables and where they come from. */
final class EnvironmentValidation {

  private EnvironmentValidation() {}

  static void variables(Field variables, Map<String, JsonNode> volumes) {
    for (Field variable : variables.items()) {
      Field name = variable.child("name");
      if (name.needed()) {
        name.invalid(Names.environmentVariable(name.text()));
      }
      Field source = variable.child("valueFrom");
      if (source.present()) {
        source(source, !variable.text("value").isEmpty(), volumes);
      }
    }
  }

  private static void source(Field source, boolean hasValue, Map<String, JsonNode> volumes) {
    int sources = 0;
    if (source.has("fieldRef")) {
      sources++;
      DownwardValidation.field(source.child("fieldRef"), DownwardValidation.VARIABLE_FIELDS);
    }
    if (source.has("resourceFieldRef")) {
      sources++;
      DownwardValidation.resource(source.child("resourceFieldRef"), false);
    }
    for (String selector : new String[] {"configMapKeyRef", "secretKeyRef"}) {
      if (source.has(selector)) {
        sources++;
        objectName(source.child(selector).child("name"));
        Field key = source.child(selector).child("key");
        if (key.needed()) {
          key.invalid(Names.configMapKey(key.text()));
        }
      }
    }
    if (source.has("fileKeyRef")) {
      sources++;
      file(source.child("fileKeyRef"), volumes);
    }
    if (sources == 0) {
      source
          .errors()
          .invalid(
              source.path(),
              "",
              "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`,"
                  + " `secretKeyRef` or `fileKeyRef`");
    } else if (hasValue) {
      source.errors().invalid(source.path(), "", "may not be specified when `value` is not empty");
    } else if (sources > 1) {
      moreThanOne(source);
    }
  }

  private static void file(Field file, Map<String, JsonNode> volumes) {
    Field volume = file.child("volumeName");
    if (volume.needed()) {
      JsonNode known = volumes.get(volume.text());
      if (known == null) {
        volume.errors().notFound(volume.path(), volume.text());
      } else if (!known.has("emptyDir")) {
        volume.invalid("referenced volume must be of type emptyDir");
      }
    }
    Field path = file.child("path");
    if (path.needed()) {
      VolumeValidation.relativePath(path, true);
    }
    Field key = file.child("key");
    if (key.needed()) {
      key.invalid(Names.environmentVariable(key.text()));
    }
  }

  private static void moreThanOne(Field source) {
    source
        .errors()
        .invalid(source.path(), "", "may not have more than one field specified at a time");
  }

  /** The name of an object that must exist: never empty. */
  static void objectName(Field name) {
    List<String> wrong = Names.dns1123Subdomain(name.text());
    name.errors().invalid(name.path(), name.text(), wrong);
  }

  static void sources(Field sources) {
    for (Field source : sources.items()) {
      Field prefix = source.child("prefix");
      if (!prefix.blank()) {
        prefix.invalid(Names.environmentVariable(prefix.text()));
      }
      int count = 0;
      for (String reference : new String[] {"configMapRef", "secretRef"}) {
        if (source.has(reference)) {
          count++;
          objectName(source.child(reference).child("name"));
        }
      }
      if (count == 0) {
        source
            .errors()
            .invalid(source.path(), "", "must specify one of: `configMapRef` or `secretRef`");
      } else if (count > 1) {
        moreThanOne(source);
      }
    }
  }
}
