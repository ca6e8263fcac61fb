package dev.coracle.schema.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.DeclaredDefaults;
import dev.coracle.schema.KnownSchemas;
import dev.coracle.schema.Schema;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DecoderTest {

  private static final GroupVersionKind CONFIG_MAP = GroupVersionKind.of("v1", "ConfigMap");
  private static final GroupVersionKind POD = GroupVersionKind.of("v1", "Pod");
  private static final GroupVersionKind BOAT = GroupVersionKind.of("example.com/v1", "Boat");

  private static Decoded decode(String body, GroupVersionKind kind, FieldValidation validation) {
    return decode(body, "application/json", kind, validation);
  }

  private static Decoded decode(
      String body, String mediaType, GroupVersionKind kind, FieldValidation validation) {
    return Decoder.decode(
        body.getBytes(StandardCharsets.UTF_8),
        mediaType,
        kind.equals(BOAT) ? boat() : KnownSchemas.of(kind.apiVersion(), kind.kind()),
        kind,
        validation);
  }

  private static Schema boat() {
    return CustomSchemas.of(
        (ObjectNode)
            Json.read(
                """
                {"type":"object","properties":{
                  "spec":{"type":"object","required":["name"],"properties":{
                    "name":{"type":"string"},
                    "size":{"type":"integer","default":3},
                    "crew":{"type":"array","items":{"type":"object","properties":{
                       "name":{"type":"string"},"role":{"type":"string","default":"deck"}}}},
                    "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
                    "tags":{"type":"object","additionalProperties":{"type":"string"}}}}}}
                """),
        false);
  }

  private static String error(String body, GroupVersionKind kind) {
    return error(body, "application/json", kind);
  }

  private static String error(String body, String mediaType, GroupVersionKind kind) {
    StatusException thrown =
        catchThrowableOfType(
            StatusException.class, () -> decode(body, mediaType, kind, FieldValidation.STRICT));
    assertThat(thrown).as("an error for " + body).isNotNull();
    assertThat(thrown.code()).isEqualTo(400);
    assertThat(thrown.reason()).isEqualTo("BadRequest");
    return thrown.status().message();
  }

  private static JsonNode pod(String spec) {
    return decode("{\"spec\":" + spec + "}", POD, FieldValidation.STRICT).object().get("spec");
  }

  private static String podError(String spec) {
    String message = error("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":" + spec + "}", POD);
    String prefix = "Pod in version \"v1\" cannot be handled as a Pod: ";
    assertThat(message).startsWith(prefix);
    return message.substring(prefix.length());
  }

  @Test
  void decode_noKind_isTheExpectedOne() {
    Decoded decoded = decode("{\"data\":{\"a\":\"b\"}}", CONFIG_MAP, FieldValidation.STRICT);
    assertThat(decoded.object())
        .isEqualTo(
            Json.read("{\"data\":{\"a\":\"b\"},\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}"));
  }

  @Test
  void decode_otherKind_saysThatItCannotConvert() {
    assertThat(error("{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}", CONFIG_MAP))
        .isEqualTo(
            "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to"
                + " (core.ConfigMap): unknown conversion");
    assertThat(error("{\"apiVersion\":\"v2\",\"kind\":\"ConfigMap\"}", CONFIG_MAP))
        .isEqualTo(
            "ConfigMap in version \"v2\" cannot be handled as a ConfigMap: no kind \"ConfigMap\" is"
                + " registered for version \"v2\" in scheme"
                + " \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"");
  }

  @Test
  void decode_notJson_isUnrecognized() {
    String start = "the object provided is unrecognized (must be of type ConfigMap): ";
    assertThat(error("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",", CONFIG_MAP))
        .isEqualTo(
            start
                + "couldn't get version/kind; json parse error: unexpected end of JSON input"
                + " ({\"apiVersion\":\"v1\",\"kind\":\"Con ...)");
    assertThat(error("", CONFIG_MAP))
        .isEqualTo(
            start
                + "couldn't get version/kind; json parse error: unexpected end of JSON input"
                + " (<empty>)");
    assertThat(error("[1,2]", CONFIG_MAP))
        .isEqualTo(
            start
                + "couldn't get version/kind; json parse error: json: cannot unmarshal array into"
                + " Go value of type struct { APIVersion string"
                + " \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
                + " \"json:\\\"kind,omitempty\\\"\" } (5b312c325d)");
    assertThat(error("{\"kind\":\"ConfigMap\"} x", CONFIG_MAP))
        .contains("invalid character 'x' after top-level value");
    assertThat(error("{\"kind\":7}", CONFIG_MAP))
        .contains("json: cannot unmarshal number into Go struct field .kind of type string");
  }

  @Test
  void decode_yaml_isReadAsJson() {
    Decoded decoded =
        decode(
            "kind: ConfigMap\napiVersion: v1\ndata:\n  a: 'x'\n  b: |\n    y\n",
            "application/yaml",
            CONFIG_MAP,
            FieldValidation.STRICT);
    assertThat(decoded.object().at("/data/b").asText()).isEqualTo("y\n");
    assertThat(
            error("apiVersion: v1\nkind: ConfigMap\n  metadata: [", "application/yaml", CONFIG_MAP))
        .isEqualTo(
            "the object provided is unrecognized (must be of type ConfigMap): yaml: line 3: mapping"
                + " values are not allowed in this context"
                + " (61706956657273696f6e3a2076310a6b696e643a20436f6e6669674d6170 ...)");
  }

  @Test
  void decode_otherMediaType_is415() {
    StatusException thrown =
        catchThrowableOfType(
            StatusException.class,
            () -> decode("{}", "text/plain", CONFIG_MAP, FieldValidation.STRICT));
    assertThat(thrown.code()).isEqualTo(415);
  }

  @Test
  void decode_unknownFields_failWarnOrAreIgnored() {
    String body =
        """
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c1","nope":1},
         "data":{"a":"1"},"dat":{}}""";
    assertThat(error(body, CONFIG_MAP))
        .isEqualTo(
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error:"
                + " unknown field \"metadata.nope\", unknown field \"dat\"");
    Decoded warned = decode(body, CONFIG_MAP, FieldValidation.WARN);
    assertThat(warned.warnings())
        .containsExactly("unknown field \"metadata.nope\"", "unknown field \"dat\"");
    assertThat(warned.object().toString()).doesNotContain("nope").doesNotContain("dat\"");
    assertThat(decode(body, CONFIG_MAP, FieldValidation.IGNORE).warnings()).isEmpty();
    assertThat(podError("{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\",\"imag\":1}]}"))
        .isEqualTo("strict decoding error: unknown field \"spec.containers[1].imag\"");
  }

  @Test
  void decode_duplicateFields_areNamed() {
    assertThat(error("{\"metadata\":{\"name\":\"a\",\"name\":\"b\"},\"data\":{}}", CONFIG_MAP))
        .endsWith("strict decoding error: duplicate field \"metadata.name\"");
    Decoded decoded =
        decode("{\"data\":{\"k\":\"1\",\"k\":\"2\"}}", CONFIG_MAP, FieldValidation.WARN);
    assertThat(decoded.warnings()).containsExactly("duplicate field \"data.k\"");
    assertThat(decoded.object().at("/data/k").asText()).isEqualTo("2");
  }

  @Test
  void decode_mistypedFields_areNamedAsGoDoes() {
    assertThat(error("{\"data\":{\"a\":1}}", CONFIG_MAP))
        .endsWith(
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string");
    assertThat(podError("{\"containers\":\"x\"}"))
        .isEqualTo(
            "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type"
                + " []v1.Container");
    assertThat(podError("{\"containers\":[{\"name\":[]}]}"))
        .isEqualTo(
            "json: cannot unmarshal array into Go struct field Container.spec.containers.name of"
                + " type string");
    assertThat(podError("7"))
        .isEqualTo(
            "json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec");
    assertThat(podError("{\"priority\":1.5}"))
        .isEqualTo(
            "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type"
                + " int32");
    assertThat(podError("{\"priority\":3000000000}")).contains("number 3000000000");
    assertThat(podError("{\"hostNetwork\":\"yes\"}")).endsWith("of type bool");
    assertThat(podError("{\"nodeSelector\":[]}")).endsWith("of type map[string]string");
    assertThat(podError("{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"1x\"}}}]}"))
        .isEqualTo(
            "quantities must match the regular expression"
                + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }

  @Test
  void decode_secret_badBase64SaysWhere() {
    GroupVersionKind secret = GroupVersionKind.of("v1", "Secret");
    assertThat(error("{\"data\":{\"a\":\"1\"}}", secret))
        .endsWith("illegal base64 data at input byte 0");
    assertThat(error("{\"data\":{\"a\":\"YWJj*AAA\"}}", secret))
        .endsWith("illegal base64 data at input byte 4");
    assertThat(
            decode("{\"data\":{\"a\":\"YQ==\"}}", secret, FieldValidation.STRICT)
                .object()
                .at("/data/a")
                .asText())
        .isEqualTo("YQ==");
  }

  @Test
  void decode_builtIn_writesWhatGoWouldWrite() {
    assertThat(
            pod(
                """
                {"nodeName":null,"nodeSelector":{},"tolerations":[],"containers":[
                  {"name":"a","args":[],"resources":{"limits":{"cpu":"1000m","memory":1024}},
                   "readinessProbe":{"httpGet":{"port":"http"}},"env":[{"name":"e","value":null}]}],
                 "volumes":[{"name":"v","emptyDir":{}}]}"""))
        .isEqualTo(
            Json.read(
                """
                {"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1024"}},
                   "readinessProbe":{"httpGet":{"port":"http"}},"env":[{"name":"e"}]}],
                 "volumes":[{"name":"v","emptyDir":{}}]}"""));
    ObjectNode lease =
        decode(
                "{\"spec\":{\"renewTime\":\"2026-01-02T03:04:05+02:00\"}}",
                GroupVersionKind.of("coordination.k8s.io/v1", "Lease"),
                FieldValidation.STRICT)
            .object();
    assertThat(lease.at("/spec/renewTime").asText()).isEqualTo("2026-01-02T01:04:05.000000Z");
  }

  @Test
  void decode_zerosThatGoLeavesOut_areLeftOut() {
    assertThat(
            pod(
                """
                {"hostNetwork":false,"hostPID":true,"priority":0,"imagePullSecrets":[{"name":""}],
                 "containers":[{"name":"a","tty":false}]}"""))
        .isEqualTo(
            Json.read(
                """
                {"hostPID":true,"priority":0,"imagePullSecrets":[{}],
                 "containers":[{"name":"a"}]}"""));
  }

  @Test
  void decode_customResource_isPrunedButNotTyped() {
    String body =
        """
        {"apiVersion":"example.com/v1","kind":"Boat","metadata":{"name":"b","labels":{"a":"b"}},
         "spec":{"name":7,"bogus":1,"crew":[{"name":"x","hat":true}],"free":{"a":{"b":[1]}},
           "tags":{"t":"u"}}}""";
    assertThat(error(body, BOAT))
        .isEqualTo(
            "Boat in version \"v1\" cannot be handled as a Boat: strict decoding error: unknown"
                + " field \"spec.bogus\", unknown field \"spec.crew[0].hat\"");
    ObjectNode object = decode(body, BOAT, FieldValidation.IGNORE).object();
    assertThat(object.get("spec"))
        .isEqualTo(
            Json.read(
                """
                {"name":7,"crew":[{"name":"x"}],"free":{"a":{"b":[1]}},"tags":{"t":"u"}}"""));
  }

  @Test
  void decode_customResourceOfOtherVersion_isRefused() {
    assertThat(error("{\"apiVersion\":\"example.com/v2\",\"kind\":\"Boat\"}", BOAT))
        .isEqualTo(
            "the API version in the data (example.com/v2) does not match the expected API version"
                + " (example.com/v1)");
  }

  @Test
  void decodePatched_mistyped_showsTheWholeObject() {
    ObjectNode patched = (ObjectNode) Json.read("{\"kind\":\"Secret\",\"data\":{\"a\":\"1\"}}");
    StatusException thrown =
        catchThrowableOfType(
            StatusException.class,
            () ->
                Decoder.decodePatched(
                    patched, KnownSchemas.of("v1", "Secret"), FieldValidation.IGNORE));
    assertThat(thrown.code()).isEqualTo(422);
    assertThat(thrown.status().message())
        .isEqualTo(
            " \"\" is invalid: patch: Invalid value:"
                + " \"{\\\"data\\\":{\\\"a\\\":\\\"1\\\"},\\\"kind\\\":\\\"Secret\\\"}\": illegal"
                + " base64 data at input byte 0");
  }

  @Test
  void defaults_customResource_fillsWhatIsLeftOut() {
    ObjectNode boat =
        (ObjectNode)
            Json.read(
                "{\"spec\":{\"name\":\"a\",\"crew\":[{\"name\":\"x\"},{\"role\":\"cook\"}]}}");
    DeclaredDefaults.apply(boat, boat());
    assertThat(boat.get("spec"))
        .isEqualTo(
            Json.read(
                """
                {"name":"a","crew":[{"name":"x","role":"deck"},{"role":"cook"}],"size":3}"""));
  }

  @Test
  void defaults_builtIn_addsWhatGoAlwaysHas() {
    ObjectNode service =
        (ObjectNode)
            Json.read(
                """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},
                 "spec":{"ports":[{"port":80}]}}""");
    DeclaredDefaults.apply(service, KnownSchemas.of("v1", "Service"));
    assertThat(service)
        .isEqualTo(
            Json.read(
                """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},
                 "spec":{"ports":[{"port":80,"protocol":"TCP"}]},
                 "status":{"loadBalancer":{}}}"""));
  }
}
