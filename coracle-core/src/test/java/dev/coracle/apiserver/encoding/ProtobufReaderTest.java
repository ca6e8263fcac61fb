package dev.coracle.apiserver.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import io.kubernetes.client.proto.IntStr;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Resource;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Policy;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProtobufReaderTest {

  static byte[] envelope(String apiVersion, String kind, MessageLite message) {
    Runtime.Unknown unknown =
        Runtime.Unknown.newBuilder()
            .setTypeMeta(Runtime.TypeMeta.newBuilder().setApiVersion(apiVersion).setKind(kind))
            .setRaw(message.toByteString())
            .build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {'k', '8', 's', 0});
    out.writeBytes(unknown.toByteArray());
    return out.toByteArray();
  }

  @Test
  void read_evictionOfTheOlderVersion_keepsItsVersion() {
    V1Policy.Eviction eviction =
        V1Policy.Eviction.newBuilder()
            .setMetadata(Meta.ObjectMeta.newBuilder().setName("web"))
            .build();

    assertThat(ProtobufReader.read(envelope("policy/v1beta1", "Eviction", eviction)).toString())
        .isEqualTo(
            "{\"kind\":\"Eviction\",\"apiVersion\":\"policy/v1beta1\",\"metadata\":{\"name\":\"web\"}}");
  }

  @Test
  void read_deployment_isTheJsonObject() {
    V1Apps.Deployment deployment =
        V1Apps.Deployment.newBuilder()
            .setMetadata(
                Meta.ObjectMeta.newBuilder()
                    .setName("web")
                    .setNamespace("")
                    .setCreationTimestamp(Meta.Time.getDefaultInstance())
                    .putLabels("app", "web"))
            .setSpec(
                V1Apps.DeploymentSpec.newBuilder()
                    .setReplicas(0)
                    .setPaused(false)
                    .setTemplate(
                        V1.PodTemplateSpec.newBuilder()
                            .setSpec(
                                V1.PodSpec.newBuilder()
                                    .setHostNetwork(false)
                                    .setEnableServiceLinks(false)
                                    .addVolumes(
                                        V1.Volume.newBuilder()
                                            .setName("v")
                                            .setVolumeSource(
                                                V1.VolumeSource.newBuilder()
                                                    .setConfigMap(
                                                        V1.ConfigMapVolumeSource.newBuilder()
                                                            .setLocalObjectReference(
                                                                V1.LocalObjectReference.newBuilder()
                                                                    .setName("cm")))))
                                    .addContainers(
                                        V1.Container.newBuilder()
                                            .setName("c")
                                            .setImage("i")
                                            .addCommand("")
                                            .setResources(
                                                V1.ResourceRequirements.newBuilder()
                                                    .putLimits(
                                                        "cpu",
                                                        Resource.Quantity.newBuilder()
                                                            .setString("100m")
                                                            .build()))
                                            .setLivenessProbe(
                                                V1.Probe.newBuilder()
                                                    .setHandler(
                                                        V1.ProbeHandler.newBuilder()
                                                            .setHttpGet(
                                                                V1.HTTPGetAction.newBuilder()
                                                                    .setPort(
                                                                        IntStr.IntOrString
                                                                            .newBuilder()
                                                                            .setType(1)
                                                                            .setStrVal("http")))
                                                            .build())
                                                    .setTimeoutSeconds(0)))))
                    .build())
            .build();

    assertThat(ProtobufReader.read(envelope("apps/v1", "Deployment", deployment)))
        .isEqualTo(
            Json.read(
                """
                {"kind":"Deployment","apiVersion":"apps/v1",
                 "metadata":{"name":"web","labels":{"app":"web"}},
                 "spec":{"replicas":0,"template":{"spec":{
                   "enableServiceLinks":false,
                   "volumes":[{"name":"v","configMap":{"name":"cm"}}],
                   "containers":[{"name":"c","image":"i","command":[""],
                     "resources":{"limits":{"cpu":"100m"}},
                     "livenessProbe":{"httpGet":{"port":"http"}}}]}}}}
                """));
  }

  @Test
  void read_secret_encodesBytesAsBase64() {
    V1.Secret secret =
        V1.Secret.newBuilder()
            .putData("k", ByteString.copyFrom("value", StandardCharsets.UTF_8))
            .putData("empty", ByteString.EMPTY)
            .setImmutable(false)
            .build();

    assertThat(ProtobufReader.read(envelope("v1", "Secret", secret)))
        .isEqualTo(
            Json.read(
                "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"data\":{\"k\":\"dmFsdWU=\",\"empty\":\"\"},"
                    + "\"immutable\":false}"));
  }

  @Test
  void read_emptyValuesThatMeanSomething_keepsThem() {
    V1Apps.Deployment deployment =
        V1Apps.Deployment.newBuilder()
            .setSpec(
                V1Apps.DeploymentSpec.newBuilder()
                    .setMinReadySeconds(0)
                    .setReplicas(0)
                    .setStrategy(
                        V1Apps.DeploymentStrategy.newBuilder()
                            .setType("")
                            .setRollingUpdate(
                                V1Apps.RollingUpdateDeployment.newBuilder()
                                    .setMaxSurge(
                                        IntStr.IntOrString.newBuilder()
                                            .setType(0)
                                            .setIntVal(0)
                                            .setStrVal("")))))
            .build();

    assertThat(ProtobufReader.read(envelope("apps/v1", "Deployment", deployment)).path("spec"))
        .isEqualTo(Json.read("{\"replicas\":0,\"strategy\":{\"rollingUpdate\":{\"maxSurge\":0}}}"));
  }

  @Test
  void read_truncatedMessage_isRefused() {
    byte[] body = envelope("v1", "Secret", V1.Secret.newBuilder().setType("Opaque").build());

    assertThatThrownBy(() -> ProtobufReader.read(java.util.Arrays.copyOf(body, body.length - 3)))
        .isInstanceOfSatisfying(StatusException.class, e -> assertThat(e.code()).isEqualTo(400));
  }

  @Test
  void read_kindWithoutTable_isUnsupported() {
    byte[] body = envelope("example.com/v1", "Boat", V1.Secret.getDefaultInstance());

    assertThatThrownBy(() -> ProtobufReader.read(body))
        .isInstanceOfSatisfying(StatusException.class, e -> assertThat(e.code()).isEqualTo(415));
  }
}
