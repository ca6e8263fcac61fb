package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Specs as kube-apiserver shows them in the differences of refused updates: JSON of its internal
 * types, with the names and the order of their fields, and with all that is not set.
 */
public final class InternalForms {

  /**
   * Each line is a type and its fields. A field without more is a string, {@code #} a number,
   * {@code ?} a truth value, {@code *} nothing when it is not set; a type after {@code *} is that
   * of the value, or of each in a list; {@code {T}} is always there; {@code +T} has its fields
   * here. {@code =name} is the name in the API where it is not the field's with a small first
   * letter.
   */
  private static final String TYPES =
      """
      PodSpec Volumes*Volume InitContainers*Container Containers*Container EphemeralContainers*EphemeralContainer RestartPolicy TerminationGracePeriodSeconds* ActiveDeadlineSeconds* DNSPolicy=dnsPolicy NodeSelector* ServiceAccountName AutomountServiceAccountToken* NodeName SecurityContext*PodSecurityContext ImagePullSecrets*Name Hostname Subdomain SetHostnameAsFQDN* Affinity*Affinity SchedulerName Tolerations*Toleration HostAliases*HostAlias PriorityClassName Priority* PreemptionPolicy* DNSConfig=dnsConfig*DNSConfig ReadinessGates*ReadinessGate RuntimeClassName* Overhead* EnableServiceLinks* TopologySpreadConstraints*TopologySpreadConstraint OS=os*Name SchedulingGates*Name ResourceClaims*PodResourceClaim Resources*ResourceRequirements HostnameOverride*
      PersistentVolumeClaimSpec AccessModes* Selector* Resources{VolumeResources} VolumeName StorageClassName* VolumeMode* DataSource*LocalReference DataSourceRef*Reference VolumeAttributesClassName*
      VolumeResources Limits* Requests*
      LocalReference APIGroup=apiGroup* Kind Name
      Reference APIGroup=apiGroup* Kind Name Namespace*
      Name Name
      Volume Name HostPath*HostPath EmptyDir*EmptyDir GCEPersistentDisk=gcePersistentDisk* AWSElasticBlockStore=awsElasticBlockStore* GitRepo* Secret*SecretVolume NFS=nfs*Nfs ISCSI=iscsi* Glusterfs* PersistentVolumeClaim*ClaimVolume RBD=rbd* Quobyte* FlexVolume* Cinder* CephFS=cephfs* Flocker* DownwardAPI*DownwardVolume FC=fc* AzureFile* ConfigMap*ConfigMapVolume VsphereVolume* AzureDisk* PhotonPersistentDisk* Projected*Projected PortworxVolume* ScaleIO* StorageOS=storageos* CSI=csi*CsiVolume Ephemeral*EphemeralVolume Image*ImageVolume
      HostPath Path Type*
      EmptyDir Medium SizeLimit*
      SecretVolume SecretName Items*KeyToPath DefaultMode* Optional*
      ConfigMapVolume Name Items*KeyToPath DefaultMode* Optional*
      Nfs Server Path ReadOnly?
      ClaimVolume ClaimName ReadOnly?
      DownwardVolume Items*DownwardFile DefaultMode*
      DownwardFile Path FieldRef*FieldRef ResourceFieldRef*ResourceFieldRef Mode*
      FieldRef APIVersion=apiVersion FieldPath
      ResourceFieldRef ContainerName Resource Divisor*
      KeyToPath Key Path Mode*
      CsiVolume Driver ReadOnly* FSType=fsType* VolumeAttributes* NodePublishSecretRef*Name
      EphemeralVolume VolumeClaimTemplate*
      ImageVolume Reference PullPolicy
      Projected Sources*Projection DefaultMode*
      Projection Secret*KeyProjection DownwardAPI*DownwardProjection ConfigMap*KeyProjection ServiceAccountToken*TokenProjection ClusterTrustBundle*TrustProjection PodCertificate*CertificateProjection
      KeyProjection Name Items*KeyToPath Optional*
      DownwardProjection Items*DownwardFile
      TokenProjection Audience ExpirationSeconds# Path
      TrustProjection Name* SignerName* LabelSelector* Optional* Path
      CertificateProjection SignerName KeyType MaxExpirationSeconds* CredentialBundlePath KeyPath CertificateChainPath UserAnnotations*
      Container Name Image Command* Args* WorkingDir Ports*ContainerPort EnvFrom*EnvFrom Env*EnvVar Resources{ResourceRequirements} ResizePolicy*ResizePolicy RestartPolicy* RestartPolicyRules*RestartRule VolumeMounts*VolumeMount VolumeDevices*VolumeDevice LivenessProbe*Probe ReadinessProbe*Probe StartupProbe*Probe Lifecycle*Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext*SecurityContext Stdin? StdinOnce? TTY=tty?
      EphemeralContainer +Container TargetContainerName
      ContainerPort Name HostPort# ContainerPort# Protocol HostIP
      EnvFrom Prefix ConfigMapRef*OptionalName SecretRef*OptionalName
      OptionalName Name Optional*
      EnvVar Name Value ValueFrom*EnvVarSource
      EnvVarSource FieldRef*FieldRef ResourceFieldRef*ResourceFieldRef ConfigMapKeyRef*KeySelector SecretKeyRef*KeySelector FileKeyRef*FileKeySelector
      KeySelector Name Key Optional*
      FileKeySelector VolumeName Path Key Optional*
      ResourceRequirements Limits* Requests* Claims*ResourceClaim
      ResourceClaim Name Request
      ResizePolicy ResourceName RestartPolicy
      RestartRule Action ExitCodes*ExitCodes
      ExitCodes Operator Values*
      VolumeMount Name ReadOnly? RecursiveReadOnly* MountPath SubPath MountPropagation* SubPathExpr
      VolumeDevice Name DevicePath
      Probe +Handler InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# TerminationGracePeriodSeconds*
      Handler Exec*Exec HTTPGet=httpGet*HttpGet TCPSocket=tcpSocket*TcpSocket GRPC=grpc*Grpc
      Exec Command*
      HttpGet Path Port* Host Scheme HTTPHeaders=httpHeaders*NameValue
      TcpSocket Port* Host
      Grpc Port# Service*
      NameValue Name Value
      Lifecycle PostStart*LifecycleHandler PreStop*LifecycleHandler StopSignal*
      LifecycleHandler Exec*Exec HTTPGet=httpGet*HttpGet TCPSocket=tcpSocket*TcpSocket Sleep*Sleep
      Sleep Seconds#
      SecurityContext Capabilities*Capabilities Privileged* SELinuxOptions=seLinuxOptions*SeLinux WindowsOptions*Windows RunAsUser* RunAsGroup* RunAsNonRoot* ReadOnlyRootFilesystem* AllowPrivilegeEscalation* ProcMount* SeccompProfile*Profile AppArmorProfile*Profile
      Capabilities Add* Drop*
      SeLinux User Role Type Level
      Windows GMSACredentialSpecName=gmsaCredentialSpecName* GMSACredentialSpec=gmsaCredentialSpec* RunAsUserName* HostProcess*
      Profile Type LocalhostProfile*
      PodSecurityContext HostNetwork? HostPID? HostIPC? ShareProcessNamespace* HostUsers* SELinuxOptions=seLinuxOptions*SeLinux WindowsOptions*Windows RunAsUser* RunAsGroup* RunAsNonRoot* SupplementalGroups* SupplementalGroupsPolicy* FSGroup=fsGroup* FSGroupChangePolicy=fsGroupChangePolicy* Sysctls*NameValue SeccompProfile*Profile AppArmorProfile*Profile SELinuxChangePolicy=seLinuxChangePolicy*
      Toleration Key Operator Value Effect TolerationSeconds*
      HostAlias IP=ip Hostnames*
      DNSConfig Nameservers* Searches* Options*DNSOption
      DNSOption Name Value*
      ReadinessGate ConditionType
      TopologySpreadConstraint MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector* MinDomains* NodeAffinityPolicy* NodeTaintsPolicy* MatchLabelKeys*
      PodResourceClaim Name ResourceClaimName* ResourceClaimTemplateName*
      Affinity NodeAffinity*NodeAffinity PodAffinity*PodAffinity PodAntiAffinity*PodAffinity
      NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution*PreferredNode
      NodeSelector NodeSelectorTerms*NodeSelectorTerm
      NodeSelectorTerm MatchExpressions*NodeRequirement MatchFields*NodeRequirement
      NodeRequirement Key Operator Values*
      PreferredNode Weight# Preference{NodeSelectorTerm}
      PodAffinity RequiredDuringSchedulingIgnoredDuringExecution*PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution*PreferredPod
      PodAffinityTerm LabelSelector* Namespaces* TopologyKey NamespaceSelector* MatchLabelKeys* MismatchLabelKeys*
      PreferredPod Weight# PodAffinityTerm{PodAffinityTerm}
      """;

  private static final List<String> OF_THE_HOST =
      List.of("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers");

  private final Map<String, String[]> types = new HashMap<>();

  private InternalForms() {
    TYPES
        .lines()
        .forEach(
            line -> {
              String[] words = line.split(" ", 2);
              types.put(words[0], words[1].split(" "));
            });
  }

  /** How a Pod's spec changed. */
  public static String podChange(ObjectNode before, ObjectNode after) {
    InternalForms forms = new InternalForms();
    return LineDiff.of(forms.lines(spec(before), "PodSpec"), forms.lines(spec(after), "PodSpec"));
  }

  /**
   * How something changed.
   *
   * @param type {@code EphemeralContainer} or {@code PersistentVolumeClaimSpec}
   */
  public static String change(JsonNode before, JsonNode after, String type) {
    InternalForms forms = new InternalForms();
    return LineDiff.of(forms.lines(before, type), forms.lines(after, type));
  }

  /** What is shared with the host belongs to the security context there, which is always set. */
  private static ObjectNode spec(ObjectNode spec) {
    ObjectNode copy = spec.deepCopy();
    ObjectNode context =
        copy.get("securityContext") instanceof ObjectNode own
            ? own
            : copy.putObject("securityContext");
    for (String field : OF_THE_HOST) {
      JsonNode value = copy.remove(field);
      if (value != null) {
        context.set(field, value);
      }
    }
    return copy;
  }

  private List<String> lines(JsonNode value, String type) {
    StringBuilder text = new StringBuilder();
    print(text, form(value, type), 0);
    return List.of(text.toString().split("\n", -1));
  }

  private JsonNode form(JsonNode value, String type) {
    if (value instanceof ArrayNode array) {
      ArrayNode forms = Json.array();
      array.forEach(each -> forms.add(form(each, type)));
      return forms;
    }
    ObjectNode form = Json.object();
    fields(value, type, form);
    return form;
  }

  private void fields(JsonNode value, String type, ObjectNode form) {
    for (String field : types.getOrDefault(type, new String[0])) {
      if (field.startsWith("+")) {
        fields(value, field.substring(1), form);
      } else {
        field(value, field, form);
      }
    }
  }

  private void field(JsonNode value, String field, ObjectNode form) {
    int end = 0;
    while (end < field.length() && Character.isLetter(field.charAt(end))) {
      end++;
    }
    String name = field.substring(0, end);
    String small = name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    String rest = field.substring(end);
    if (rest.startsWith("=")) {
      int stop = 1;
      while (stop < rest.length() && Character.isLetter(rest.charAt(stop))) {
        stop++;
      }
      small = rest.substring(1, stop);
      rest = rest.substring(stop);
    }
    form.set(name, formed(value.get(small), rest));
  }

  private JsonNode formed(@Nullable JsonNode value, String kind) {
    if (value == null || value.isNull()) {
      return switch (kind) {
        case "" -> Json.object().textNode("");
        case "#" -> Json.object().numberNode(0);
        case "?" -> Json.object().booleanNode(false);
        default ->
            kind.startsWith("{") ? form(Json.object(), within(kind)) : NullNode.getInstance();
      };
    }
    if (kind.startsWith("{")) {
      return form(value, within(kind));
    }
    return kind.length() > 1 ? form(value, kind.substring(1)) : value;
  }

  /** The type between braces. */
  private static String within(String kind) {
    return kind.substring(1, kind.length() - 1);
  }

  /** As Go's encoder does it with an indent of one space: keys of maps are in order. */
  private static void print(StringBuilder text, JsonNode value, int depth) {
    if (value.isContainerNode() && !value.isEmpty()) {
      boolean array = value.isArray();
      text.append(array ? '[' : '{');
      String separator = "\n";
      for (Map.Entry<String, JsonNode> each : members(value)) {
        text.append(separator).append(" ".repeat(depth + 1));
        if (!array) {
          text.append(Json.mapper().getNodeFactory().textNode(each.getKey())).append(": ");
        }
        print(text, each.getValue(), depth + 1);
        separator = ",\n";
      }
      text.append('\n').append(" ".repeat(depth)).append(array ? ']' : '}');
      return;
    }
    text.append(
        value.toString().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"));
  }

  private static Iterable<Map.Entry<String, JsonNode>> members(JsonNode value) {
    if (value instanceof ArrayNode array) {
      java.util.ArrayList<Map.Entry<String, JsonNode>> members = new java.util.ArrayList<>();
      array.forEach(each -> members.add(Map.entry("", each)));
      return members;
    }
    boolean map =
        value.properties().stream()
            .anyMatch(each -> !Character.isUpperCase(each.getKey().charAt(0)));
    if (!map) {
      return value.properties();
    }
    TreeMap<String, JsonNode> ordered = new TreeMap<>();
    value.properties().forEach(each -> ordered.put(each.getKey(), each.getValue()));
    return ordered.entrySet();
  }
}
