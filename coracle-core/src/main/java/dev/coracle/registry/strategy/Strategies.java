package dev.coracle.registry.strategy;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.store.Store;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which kinds behave differently from others, and how. */
public final class Strategies {

  private static final String NETWORKING = "networking.k8s.io";

  /** The IPAddresses. */
  public static final GroupVersionResource IP_ADDRESSES =
      GroupVersionResource.of(NETWORKING, "v1", "ipaddresses");

  private final RegistryConfig config;
  private final Store store;
  private final Supplier<Resources> resources;
  private final ServiceAddresses addresses;
  private final AddressObjects addressObjects;
  private @Nullable Strategy events;

  /**
   * @param addressObjects writes IPAddresses beside their Services
   */
  public Strategies(
      RegistryConfig config,
      Store store,
      Supplier<Resources> resources,
      AddressObjects addressObjects) {
    this.addressObjects = addressObjects;
    this.config = config;
    this.store = store;
    this.resources = resources;
    this.addresses =
        new ServiceAddresses(
            config.serviceCidr(),
            config.random(),
            () -> resources.get().of(GroupVersionResource.of(NETWORKING, "v1", "servicecidrs")),
            () -> resources.get().of(IP_ADDRESSES));
  }

  public Strategy of(ResourceType type) {
    return switch (type.kind()) {
      case "Pod" -> new PodStrategy();
      case "Namespace" -> new NamespaceStrategy();
      case "Node" -> new NodeStrategy();
      case "Service" ->
          new ServiceStrategy(
              config, addresses, addressObjects, () -> resources.get().core("services"));
      case "IPAddress" -> new IpAddressStrategy(addresses);
      case "DaemonSet" -> new DaemonSetStrategy();
      case "Deployment" -> new DeploymentStrategy();
      case "Job" -> new JobStrategy();
      case "ReplicationController" -> new ReplicationControllerStrategy();
      case "PersistentVolume" -> new PersistentVolumeStrategy();
      case "CertificateSigningRequest" -> new CertificateSigningRequestStrategy();
      case "CustomResourceDefinition" ->
          new CustomResourceDefinitionStrategy(
              () ->
                  resources
                      .get()
                      .of(
                          GroupVersionResource.of(
                              "apiextensions.k8s.io", "v1", "customresourcedefinitions")));
      case "Event" -> events();
      case "Endpoints",
          "EndpointSlice",
          "LimitRange",
          "Role",
          "RoleBinding",
          "ClusterRole",
          "ClusterRoleBinding" ->
          new VersionedStrategy(true, true);
      case "Lease" -> new VersionedStrategy(false, true);
      case "APIService" -> new ApiServiceStrategy();
      case "PodDisruptionBudget",
          "MutatingWebhookConfiguration",
          "ValidatingWebhookConfiguration",
          "MutatingAdmissionPolicy",
          "MutatingAdmissionPolicyBinding",
          "ValidatingAdmissionPolicy",
          "ValidatingAdmissionPolicyBinding",
          "CSIDriver",
          "CSINode",
          "CSIStorageCapacity",
          "VolumeAttachment",
          "RuntimeClass" ->
          new VersionedStrategy(false, false);
      default -> Strategy.PLAIN;
    };
  }

  /** Both groups' Events are the same objects. */
  private Strategy events() {
    Strategy known = events;
    if (known == null) {
      known =
          new EventStrategy(
              config.clock(), config.eventTtl(), () -> resources.get().core("events"), store);
      events = known;
    }
    return known;
  }
}
