package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.validation.admission.AdmissionPolicyValidation;
import dev.coracle.schema.validation.admission.WebhookValidation;
import dev.coracle.schema.validation.custom.CrdValidation;
import dev.coracle.schema.validation.custom.CustomValidation;
import dev.coracle.schema.validation.custom.EmbeddedResources;
import dev.coracle.schema.validation.custom.Formats;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.MetadataValidation.NameRule;
import dev.coracle.schema.validation.network.EndpointsValidation;
import dev.coracle.schema.validation.network.NetworkingValidation;
import dev.coracle.schema.validation.network.ServiceValidation;
import dev.coracle.schema.validation.pod.PodResizeValidation;
import dev.coracle.schema.validation.pod.PodUpdateValidation;
import dev.coracle.schema.validation.pod.PodValidation;
import dev.coracle.schema.validation.storage.ClaimValidation;
import dev.coracle.schema.validation.storage.StorageValidation;
import dev.coracle.schema.validation.workload.AppsValidation;
import dev.coracle.schema.validation.workload.AutoscalingValidation;
import dev.coracle.schema.validation.workload.BatchValidation;
import dev.coracle.schema.validation.workload.PolicyValidation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entry to validation. Objects are defaulted and of the right shape (their schema has been
 * checked); what is found is given as the causes of a 422 {@code Invalid}, in the order of their
 * fields. An empty list means the object is valid. Custom resources and kinds without rules of
 * their own have their metadata checked.
 */
public final class Validation {

  private Validation() {}

  /** What forbids that this object is created. */
  public static List<StatusCause> create(GroupVersionKind gvk, ObjectNode object) {
    FieldErrors errors = new FieldErrors();
    if (!isReview(gvk)) {
      MetadataValidation.validate(
          Field.of(object, "metadata", errors), nameRule(gvk), !isAggregated(gvk));
    }
    kind(gvk, object, null, errors);
    return errors.causes();
  }

  /**
   * What forbids that {@code old} becomes {@code now}: all that {@link #create} forbids, and the
   * changes that the kind does not allow.
   */
  public static List<StatusCause> update(GroupVersionKind gvk, ObjectNode now, ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    Field metadata = Field.of(now, "metadata", errors);
    MetadataValidation.validate(metadata, nameRule(gvk), !isAggregated(gvk));
    // Told twice, as by Kubernetes: once for every object, once by the kind.
    MetadataValidation.update(metadata, old);
    MetadataValidation.update(metadata, old);
    kind(gvk, now, old, errors);
    return errors.causes();
  }

  /**
   * What is wrong with the metadata of a custom resource.
   *
   * @param old the stored object, or null on a create
   */
  public static List<StatusCause> customMetadata(ObjectNode object, @Nullable ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    Field metadata = Field.of(object, "metadata", errors);
    MetadataValidation.validate(metadata, NameRule.SUBDOMAIN, false);
    if (old != null) {
      // Told twice, as for every kind.
      MetadataValidation.update(metadata, old);
      MetadataValidation.update(metadata, old);
    }
    return errors.causes();
  }

  /** What of a custom resource's metadata is allowed and not wise. */
  public static List<String> customWarnings(ObjectNode object, @Nullable ObjectNode old) {
    return MetadataValidation.finalizerWarnings(
        object.path("metadata"), old == null ? Field.nothing() : old.path("metadata"));
  }

  /** What of a CRD is allowed and yet surely not meant. */
  public static List<String> definitionWarnings(ObjectNode object, @Nullable ObjectNode old) {
    return Formats.warnings(object.path("spec"), old == null ? Field.nothing() : old.path("spec"));
  }

  /**
   * What of a custom resource breaks its CRD's schema; its metadata is {@link #create}'s matter.
   *
   * @param openApiV3Schema of the version that the object has
   * @param old the stored object, or null on a create: what has not changed is not checked again
   */
  public static List<StatusCause> custom(
      JsonNode openApiV3Schema, ObjectNode object, @Nullable ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    new CustomValidation(errors)
        .object(openApiV3Schema, object, old == null ? Field.nothing() : old);
    EmbeddedResources.validate(openApiV3Schema, object, errors);
    return errors.causes();
  }

  /**
   * What forbids that a Pod's ephemeral containers become those of {@code now} (the subresource
   * {@code ephemeralcontainers}).
   */
  public static List<StatusCause> updateEphemeralContainers(ObjectNode now, ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    PodUpdateValidation.ephemeralContainers(Field.of(now, "spec", errors), old);
    return errors.causes();
  }

  /** What forbids that a Pod gets the resources of {@code now} (the subresource resize). */
  public static List<StatusCause> resizePod(ObjectNode now, ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    PodResizeValidation.validate(now, old, errors);
    return errors.causes();
  }

  /** Requests that are answered and not stored have no name to check. */
  private static boolean isReview(GroupVersionKind gvk) {
    return gvk.group().equals("authentication.k8s.io")
        || gvk.group().equals("authorization.k8s.io");
  }

  /** Kinds of Kubernetes' other two servers, which know no standard finalizers. */
  private static boolean isAggregated(GroupVersionKind gvk) {
    return gvk.group().equals("apiextensions.k8s.io")
        || gvk.group().equals("apiregistration.k8s.io");
  }

  private static void kind(
      GroupVersionKind gvk, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    switch (gvk.group()) {
      case "" -> core(gvk.kind(), object, old, errors);
      case "apps" -> AppsValidation.validate(gvk.kind(), object, old, errors);
      case "batch" -> BatchValidation.validate(gvk.kind(), object, old, errors);
      case "rbac.authorization.k8s.io" -> RbacValidation.validate(gvk.kind(), object, old, errors);
      case "networking.k8s.io" -> NetworkingValidation.validate(gvk.kind(), object, old, errors);
      case "storage.k8s.io" -> StorageValidation.validate(gvk.kind(), object, old, errors);
      case "policy" -> PolicyValidation.validate(gvk.kind(), object, errors);
      case "autoscaling" -> AutoscalingValidation.validate(gvk, object, errors);
      case "discovery.k8s.io" -> EndpointsValidation.slice(gvk.kind(), object, old, errors);
      case "apiextensions.k8s.io" -> CrdValidation.validate(gvk.kind(), object, old, errors);
      case "certificates.k8s.io" -> CertificateValidation.validate(gvk.kind(), object, old, errors);
      case "admissionregistration.k8s.io" -> {
        if (gvk.kind().endsWith("WebhookConfiguration")) {
          WebhookValidation.validate(object, old, errors);
        } else {
          AdmissionPolicyValidation.validate(gvk.kind(), object, old, errors);
        }
      }
      case "authentication.k8s.io",
          "coordination.k8s.io",
          "events.k8s.io",
          "node.k8s.io",
          "scheduling.k8s.io" ->
          MiscellaneousValidation.validate(gvk, object, old, errors);
      default -> {}
    }
  }

  private static void core(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    switch (kind) {
      case "Pod" -> PodValidation.pod(object, old, errors);
      case "PodTemplate" -> PodValidation.template(Field.of(object, "template", errors), false);
      case "ReplicationController" -> AppsValidation.controller(object, errors);
      case "Service" -> ServiceValidation.validate(object, old, errors);
      case "ConfigMap", "Secret" -> DataValidation.validate(kind, object, old, errors);
      case "PersistentVolumeClaim", "PersistentVolume" ->
          ClaimValidation.validate(kind, object, old, errors);
      case "Endpoints" -> EndpointsValidation.endpoints(object, errors);
      case "Namespace", "Node", "Event", "LimitRange", "ResourceQuota", "Binding" ->
          CoreValidation.validate(kind, object, old, errors);
      default -> {}
    }
  }

  private static NameRule nameRule(GroupVersionKind gvk) {
    return switch (gvk.kind()) {
      case "Namespace" -> gvk.group().isEmpty() ? NameRule.LABEL : NameRule.SUBDOMAIN;
      case "Service" -> gvk.group().isEmpty() ? NameRule.LABEL_1035 : NameRule.SUBDOMAIN;
      case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding" ->
          gvk.group().equals("rbac.authorization.k8s.io")
              ? NameRule.PATH_SEGMENT
              : NameRule.SUBDOMAIN;
      case "APIService" -> NameRule.PATH_SEGMENT;
      case "IPAddress" ->
          gvk.group().equals("networking.k8s.io") ? NameRule.IP_ADDRESS : NameRule.SUBDOMAIN;
      default -> NameRule.SUBDOMAIN;
    };
  }
}
