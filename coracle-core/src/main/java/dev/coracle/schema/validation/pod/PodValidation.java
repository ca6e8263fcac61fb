package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Addresses;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.ResourceValidation;
import dev.coracle.schema.validation.field.SchedulingValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.storage.VolumeValidation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Pods and pod templates: what is not a container or a volume. */
public final class PodValidation {

  private static final long LARGEST_ID = Integer.MAX_VALUE;

  private PodValidation() {}

  public static void pod(ObjectNode pod, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(pod, "spec", errors);
    spec(spec);
    if (old == null) {
      if (!spec.child("ephemeralContainers").blank()) {
        spec.child("ephemeralContainers").forbidden("cannot be set on create");
      }
      if (!spec.child("nodeName").blank() && !spec.child("schedulingGates").blank()) {
        spec.child("nodeName")
            .forbidden("cannot be set until all schedulingGates have been cleared");
      }
    } else {
      PodUpdateValidation.validate(pod, old, errors);
    }
  }

  /**
   * A template of Pods.
   *
   * @param always whether its Pods must restart always, as all but Jobs' must
   */
  public static void template(Field template, boolean always) {
    MetadataValidation.labels(template.child("metadata").child("labels"));
    MetadataValidation.annotations(template.child("metadata").child("annotations"));
    Field spec = template.child("spec");
    spec(spec);
    if (!spec.child("ephemeralContainers").blank()) {
      spec.child("ephemeralContainers")
          .forbidden("ephemeral containers not allowed in pod template");
    }
    if (always) {
      Field policy = spec.child("restartPolicy");
      if (!policy.text().equals("Always")) {
        policy.errors().notSupported(policy.path(), policy.text(), Set.of("Always"));
      }
      if (spec.has("activeDeadlineSeconds")) {
        spec.child("activeDeadlineSeconds")
            .forbidden("activeDeadlineSeconds in ReplicaSet is not Supported");
      }
    }
  }

  static void spec(Field spec) {
    Map<String, JsonNode> volumes = VolumeValidation.validate(spec.child("volumes"));
    ContainerValidation.validate(spec, volumes);
    names(spec);
    Field policy = spec.child("restartPolicy");
    policy.neededOneOf("Always", "OnFailure", "Never");
    spec.child("dnsPolicy")
        .neededOneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
    spec.child("activeDeadlineSeconds").between(1, LARGEST_ID);
    spec.child("terminationGracePeriodSeconds").nonNegative();
    spec.child("preemptionPolicy").oneOf("Never", "PreemptLowerPriority");
    security(spec);
    dns(spec);
    hostAliases(spec.child("hostAliases"));
    SchedulingValidation.validate(spec);
    ResourceValidation.podLevel(spec.child("resources"));
    for (Field quantity : spec.child("overhead").entries()) {
      ResourceValidation.quantity(quantity, false);
    }
    Field os = spec.child("os");
    if (os.present()) {
      os.child("name").neededOneOf("linux", "windows");
    }
    claims(spec.child("resourceClaims"));
  }

  private static void names(Field spec) {
    MetadataValidation.labels(spec.child("nodeSelector"));
    spec.child("serviceAccountName").subdomain();
    spec.child("nodeName").subdomain();
    spec.child("hostname").dnsLabel();
    spec.child("subdomain").dnsLabel();
    spec.child("priorityClassName").subdomain();
    spec.child("runtimeClassName").subdomain();
    for (Field secret : spec.child("imagePullSecrets").items()) {
      secret.child("name").needed();
    }
    for (Field gate : spec.child("readinessGates").items()) {
      SelectorValidation.key(gate.child("conditionType"));
    }
    Set<String> gates = new HashSet<>();
    for (Field gate : spec.child("schedulingGates").items()) {
      gate.errors().invalid(gate.path(), gate.text("name"), Names.qualifiedName(gate.text("name")));
      if (!gates.add(gate.text("name"))) {
        gate.errors().duplicate(gate.path(), gate.text("name"));
      }
    }
  }

  private static void security(Field spec) {
    if (spec.flag("hostPID") && spec.flag("shareProcessNamespace")) {
      spec.child("shareProcessNamespace")
          .invalid("ShareProcessNamespace and HostPID cannot both be enabled");
    }
    Field context = spec.child("securityContext");
    context.child("runAsUser").between(0, LARGEST_ID);
    context.child("runAsGroup").between(0, LARGEST_ID);
    context.child("fsGroup").between(0, LARGEST_ID);
    for (Field group : context.child("supplementalGroups").items()) {
      group.between(0, LARGEST_ID);
    }
    context.child("supplementalGroupsPolicy").oneOf("Merge", "Strict");
    context.child("fsGroupChangePolicy").oneOf("Always", "OnRootMismatch");
    context.child("seLinuxChangePolicy").oneOf("MountOption", "Recursive");
    SecurityContextValidation.profiles(context);
    SysctlValidation.validate(spec);
  }

  private static void dns(Field spec) {
    Field config = spec.child("dnsConfig");
    boolean none = spec.text("dnsPolicy").equals("None");
    if (!config.present()) {
      if (none) {
        config.required("must provide `dnsConfig` when `dnsPolicy` is None");
      }
      return;
    }
    Field servers = config.child("nameservers");
    if (none && servers.blank()) {
      servers.required("must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
    if (servers.json().size() > 3) {
      servers.invalid("must not have more than 3 nameservers");
    }
    servers.items().forEach(Field::ip);
    Field searches = config.child("searches");
    if (searches.json().size() > 32) {
      searches.invalid("must not have more than 32 search paths");
    }
    for (Field search : searches.items()) {
      String domain = search.text();
      if (!domain.equals(".") && domain.endsWith(".")) {
        domain = domain.substring(0, domain.length() - 1);
      }
      if (!domain.equals(".")) {
        search.invalid(Names.dns1123Subdomain(domain.replace('_', '-')));
      }
    }
    for (Field option : config.child("options").items()) {
      option.child("name").needed("must not be empty");
    }
  }

  private static void hostAliases(Field aliases) {
    for (Field alias : aliases.items()) {
      Field ip = alias.child("ip");
      if (!Addresses.isIp(ip.text())) {
        ip.errors()
            .invalid(
                ip.path(),
                ip.text(),
                "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
      }
      Field names = alias.child("hostnames");
      for (Field name : names.items()) {
        name.at(names.path()).subdomain();
      }
    }
  }

  private static void claims(Field claims) {
    Map<String, Field> known = new HashMap<>();
    for (Field claim : claims.items()) {
      Field name = claim.child("name");
      if (name.needed()) {
        name.dnsLabel();
        if (known.put(name.text(), claim) != null) {
          name.duplicate();
        }
      }
      boolean direct = claim.has("resourceClaimName");
      boolean template = claim.has("resourceClaimTemplateName");
      if (direct && template) {
        claim.invalid(
            "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
      } else if (!direct && !template) {
        claim.invalid("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
      }
    }
  }
}
