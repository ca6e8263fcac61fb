package dev.coracle.schema.openapi;

/** What differs between the two versions of OpenAPI that an API server publishes. */
enum OpenApiDialect {
  V2("#/definitions/"),
  V3("#/components/schemas/");

  private final String references;

  OpenApiDialect(String references) {
    this.references = references;
  }

  String reference(String definition) {
    return references + definition;
  }
}
