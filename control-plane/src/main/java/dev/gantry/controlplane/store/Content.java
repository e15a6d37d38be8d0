package dev.gantry.controlplane.store;

/** The JSON of one version in whatever form it is kept. */
interface Content {
    /** Decodes; as dear as decompressing. A new array, or one that nobody modifies. */
    byte[] json();

    /** The bytes of heap that keeping it takes. */
    int retainedBytes();
}
