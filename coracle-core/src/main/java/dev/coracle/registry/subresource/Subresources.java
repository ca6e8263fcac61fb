package dev.coracle.registry.subresource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Operation;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.VirtualResource;
import dev.coracle.registry.flow.Admissions;
import dev.coracle.registry.flow.Bodies;
import dev.coracle.registry.flow.DeleteFlow;
import dev.coracle.registry.flow.ObjectStore;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Resources;
import dev.coracle.registry.resource.Write;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Subresources with bodies of their own kind, and resources of which nothing is stored. */
public final class Subresources {

  private final RegistryConfig config;
  private final Resources resources;
  private final ObjectStore objects;
  private final UpdateFlow updating;
  private final PodBinding binding;
  private final PodEviction eviction;
  private final Scales scales;

  public Subresources(
      RegistryConfig config,
      Resources resources,
      ObjectStore objects,
      UpdateFlow updating,
      DeleteFlow deleting) {
    this.config = config;
    this.resources = resources;
    this.objects = objects;
    this.updating = updating;
    this.binding = new PodBinding(config, objects);
    this.eviction = new PodEviction(config, resources, objects, deleting);
    this.scales = new Scales(config, resources.scalePaths());
  }

  public KubeObject get(Resource resource, String namespace, String name, String subresource) {
    KubeObject object = objects.get(resource, namespace, name);
    return subresource.equals("scale") ? scales.of(resource, object) : object;
  }

  public Registry.Written create(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      String subresource,
      ObjectNode sent,
      WriteOptions options) {
    ResourceType.Subresource known = resource.type().subresources().get(subresource);
    if (known == null) {
      throw StatusException.noSuchPath();
    }
    ResourceType bodyType = ResourceType.ofBody(known.kind());
    ObjectNode body =
        config
            .schemas()
            .decode(
                bodyType,
                subresource.equals("eviction") ? PodEviction.asV1(sent) : sent,
                false,
                options.fieldValidation(),
                context.warnings());
    config.schemas().applyDefaults(bodyType, body);
    Write write =
        new Write(
            context,
            resource.type(),
            namespace,
            name,
            subresource,
            options,
            config.clock().instant());
    KubeObject answer =
        switch (subresource) {
          case "binding" -> binding.bind(write, resource, body);
          case "eviction" -> eviction.evict(write, resource, body);
          case "token" -> token(write, resource, bodyType, body);
          default ->
              throw StatusException.methodNotSupported(
                  resource.type().group(), resource.type().plural() + "/" + subresource, "create");
        };
    return new Registry.Written(answer, true);
  }

  /** What a TokenRequest says of its account must be what the path says. */
  private static void mustMatch(
      ResourceType bodyType, Write write, ObjectNode body, String field, String expected) {
    String given = Meta.text(body.path("metadata"), field);
    if (!given.isEmpty() && !given.equals(expected)) {
      throw StatusException.invalid(
          bodyType.group(),
          bodyType.kind(),
          write.name(),
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: \""
                      + given
                      + "\": must match the service account "
                      + field
                      + " if specified",
                  "metadata." + field)));
    }
  }

  private KubeObject token(Write write, Resource resource, ResourceType bodyType, ObjectNode body) {
    mustMatch(bodyType, write, body, "name", write.name());
    mustMatch(bodyType, write, body, "namespace", write.namespace());
    KubeObject account = objects.get(resource, write.namespace(), write.name());
    List<StatusCause> causes =
        config.schemas().validate(bodyType, "", body, null, write.context().warnings());
    if (!causes.isEmpty()) {
      throw StatusException.invalid(bodyType.group(), bodyType.kind(), "", causes);
    }
    admit(write, resource, body, account);
    ObjectNode metadata = Meta.of(body);
    metadata.put("name", write.name());
    metadata.put("namespace", write.namespace());
    metadata.put("uid", config.uids().get());
    metadata.put("creationTimestamp", Timestamps.seconds(write.now()));
    config.schemas().recordFields(bodyType, "token", body, null, write.manager(), write.now());
    ObjectNode answer =
        virtual("TokenRequest").create(write.context(), write.namespace(), write.name(), body);
    Meta.canonical(answer);
    return KubeObject.of(answer);
  }

  public Registry.Written createVirtual(
      RequestContext context,
      Resource resource,
      String namespace,
      ObjectNode sent,
      WriteOptions options) {
    ResourceType type = resource.type();
    resource.require("create");
    ObjectNode body =
        config.schemas().decode(type, sent, false, options.fieldValidation(), context.warnings());
    Write write =
        new Write(
            context,
            type,
            namespace,
            Meta.text(body.path("metadata"), "name"),
            "",
            options,
            config.clock().instant());
    if (type.kind().equals("Binding")) {
      Resource pods = resources.core("pods");
      Write binds =
          new Write(context, pods.type(), namespace, write.name(), "binding", options, write.now());
      return new Registry.Written(binding.bind(binds, pods, body, write, resource), true);
    }
    config.schemas().applyDefaults(type, body);
    List<StatusCause> causes = config.schemas().validate(type, "", body, null, context.warnings());
    if (!causes.isEmpty()) {
      throw StatusException.invalid(type.group(), type.kind(), write.name(), causes);
    }
    admit(write, resource, body, null);
    ObjectNode metadata = Meta.of(body);
    switch (type.kind()) {
      case "SelfSubjectReview" ->
          metadata.put("creationTimestamp", Timestamps.seconds(write.now()));
      case "SelfSubjectRulesReview" -> {
        // Its answer is a new object.
      }
      default -> config.schemas().recordFields(type, "", body, null, write.manager(), write.now());
    }
    return new Registry.Written(
        KubeObject.of(virtual(type.kind()).create(context, namespace, write.name(), body)), true);
  }

  private void admit(Write write, Resource resource, ObjectNode body, @Nullable KubeObject parent) {
    AdmissionAttributes attributes =
        Admissions.of(
            write,
            resource,
            Operation.CREATE,
            body,
            null,
            Admissions.options("CreateOptions", write.options()));
    config.admission().mutate(attributes);
    config.admission().validate(attributes);
  }

  private VirtualResource virtual(String kind) {
    VirtualResource answers = config.virtuals().get(kind);
    if (answers == null) {
      throw StatusException.serviceUnavailable("this server does not answer " + kind + "s");
    }
    return answers;
  }

  /** ComponentStatus tells of components on fixed local ports, of which there are none here. */
  public ObjectList listVirtual(Resource resource) {
    resource.require("list");
    return new ObjectList(List.of(), objects.store().readRevision(), null, null);
  }

  public KubeObject getVirtual(Resource resource, String name) {
    resource.require("get");
    throw resource.notFound(name);
  }

  public Registry.Written updateScale(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      ObjectNode body,
      WriteOptions options) {
    Bodies.kind(body, Scales.KIND);
    return scaled(
        updating.update(
            context, resource, namespace, name, "scale", scales.replacing(resource, body), options),
        resource);
  }

  public Registry.Written patchScale(
      RequestContext context,
      Resource resource,
      String namespace,
      String name,
      PatchType patchType,
      byte[] patch,
      WriteOptions options) {
    return scaled(
        updating.update(
            context,
            resource,
            namespace,
            name,
            "scale",
            scales.patching(context, resource, patchType, patch),
            options),
        resource);
  }

  private Registry.Written scaled(Registry.Written written, Resource resource) {
    return new Registry.Written(scales.of(resource, written.object()), written.created());
  }
}
