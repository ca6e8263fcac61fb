package dev.coracle.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;

/** The schemas of built-in kinds, for the tests of all that is driven by them. */
public final class KnownSchemas {

  private KnownSchemas() {}

  /** The schema of a kind that is built in. */
  public static Schema of(String apiVersion, String kind) {
    Schema schema = Schemas.builtIn().find(GroupVersionKind.of(apiVersion, kind));
    assertThat(schema).as(apiVersion + " " + kind).isNotNull();
    return schema;
  }
}
