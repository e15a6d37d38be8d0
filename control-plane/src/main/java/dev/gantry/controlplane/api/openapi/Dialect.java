package dev.gantry.controlplane.api.openapi;

/** In which the two versions of OpenAPI differ for us. */
enum Dialect {
    /** OpenAPI 2.0 (Swagger): one document of everything. */
    V2("#/definitions/"),
    /** OpenAPI 3.0: a document for each version of a group. */
    V3("#/components/schemas/");

    private final String references;

    Dialect(String references) {
        this.references = references;
    }

    String reference(String definition) {
        return references + definition;
    }
}
