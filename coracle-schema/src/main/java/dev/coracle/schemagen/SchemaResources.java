package dev.coracle.schemagen;

import dev.coracle.schemagen.Definition.Property;
import java.util.Map;

/**
 * The schema resources of coracle-core: per package of definitions one text of the structure and
 * one of the descriptions, so that a server that is never asked for OpenAPI never reads the latter.
 *
 * <p>A line that starts with a tab is a field of the definition above it. Words are separated by
 * tabs: a definition's name and attributes, a field's name, type and attributes; in the
 * descriptions a name and its text.
 */
final class SchemaResources {

  private SchemaResources() {}

  static void write(Model model, OutputFolder folder) {
    StringBuilder index = new StringBuilder();
    for (Facts.Package of : model.facts().packages().values()) {
      StringBuilder structure = new StringBuilder();
      StringBuilder descriptions = new StringBuilder();
      for (Definition definition : model.ofPackage(of.name())) {
        structure.append(definition.name());
        attributes(structure, definition.attributes());
        describe(descriptions, "", definition.name(), definition.description());
        for (Property property : definition.properties()) {
          String type = property.type().replace("&" + of.name() + ".", "&");
          structure.append('\t').append(property.name()).append('\t').append(type);
          attributes(structure, property.attributes());
          describe(descriptions, "\t", property.name(), property.description());
        }
      }
      folder.write(of.name() + ".schema", structure.toString());
      folder.write(of.name() + ".doc", descriptions.toString());
      index.append(of.name()).append('\t').append(of.groupVersion()).append('\n');
    }
    folder.write("index", index.toString());
  }

  private static void attributes(StringBuilder text, Map<String, String> attributes) {
    attributes.forEach(
        (name, value) -> {
          text.append('\t').append(name);
          if (!value.isEmpty()) {
            text.append('=').append(value);
          }
        });
    text.append('\n');
  }

  private static void describe(StringBuilder text, String indent, String name, String description) {
    String escaped =
        description.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").strip();
    text.append(indent).append(name).append('\t').append(escaped).append('\n');
  }
}
