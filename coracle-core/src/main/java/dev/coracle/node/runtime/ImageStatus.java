package dev.coracle.node.runtime;

/** An image that is present. */
public record ImageStatus(String image, String imageId, long bytes) {}
