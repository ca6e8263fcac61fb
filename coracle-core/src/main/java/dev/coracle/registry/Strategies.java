package dev.coracle.registry;

/** Which kinds behave differently from others, and how. */
final class Strategies {

  private final RegistryConfig config;
  private final ObjectStore objects;

  Strategies(RegistryConfig config, ObjectStore objects) {
    this.config = config;
    this.objects = objects;
  }

  void attach(Resources resources) {}

  Strategy of(ResourceType type) {
    return switch (type.kind()) {
      case "Pod" -> new PodStrategy();
      case "Namespace" -> new NamespaceStrategy();
      case "Job" -> new JobStrategy();
      case "ReplicationController" -> new ReplicationControllerStrategy();
      default -> Strategy.PLAIN;
    };
  }
}
