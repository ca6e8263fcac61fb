package dev.coracle.auth.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerConfig;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.client.Client;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens as they are issued and looked at, over a real registry, with a clock turned by hand. */
class ServiceAccountTokensTest {

  private static final List<String> API = List.of("https://kubernetes.default.svc");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource SECRETS = GroupVersionResource.core("secrets");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final DeleteOptions NOW = new DeleteOptions(false, 0L, null, null, null);
  private static final KeyPair ELLIPTIC = CertificateAuthority.newKeyPair();
  private static final KeyPair RSA = CertificateAuthority.newRsaKeyPair();

  private final List<String> warnings = new ArrayList<>();
  private SystemClock clock;
  private Instant now;
  private ApiServer server;
  private Client client;
  private ServiceAccountTokens tokens;
  private ServiceAccountTokenAuthenticator authenticator;

  @BeforeEach
  void start() {
    clock = new SystemClock();
    now = clock.instant();
    var registry =
        Registries.open(new MemoryStore(), RegistryConfig.of(clock, new SchemaAdapter()));
    server = ApiServer.create(ApiServerConfig.of(registry));
    client = new Client(server.inMemoryTransport(UserInfo.of("test", "system:masters")));
    make(GroupVersionResource.core("namespaces"), "", "{kind: Namespace, metadata: {name: a}}");
    make(ACCOUNTS, "a", "{kind: ServiceAccount, metadata: {name: bot}}");
    make(NODES, "", "{kind: Node, metadata: {name: n}}");
    make(SECRETS, "a", "{kind: Secret, metadata: {name: s}}");
    make(
        PODS,
        "a",
        """
        kind: Pod
        metadata: {name: p}
        spec: {nodeName: n, serviceAccountName: bot, containers: [{name: c, image: none}]}
        """);
    use(ELLIPTIC, List.of(ELLIPTIC.getPublic()), Duration.ZERO);
  }

  @AfterEach
  void stop() {
    server.close();
    clock.close();
  }

  private void use(KeyPair signing, List<PublicKey> verifying, Duration longest) {
    tokens =
        new ServiceAccountTokens(
            new TokenKeys(signing.getPrivate(), verifying),
            List.of("https://kubernetes.default.svc", "https://old.example"),
            API,
            longest,
            true,
            () -> client,
            () -> now);
    authenticator = new ServiceAccountTokenAuthenticator(tokens, () -> client, () -> now);
  }

  private KubeObject make(GroupVersionResource resource, String namespace, String yaml) {
    ObjectNode object = (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
    return client.create(resource, namespace, object.put("apiVersion", "v1"));
  }

  private ObjectNode request(String spec) {
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    request.set("spec", Yaml.read(spec.getBytes(StandardCharsets.UTF_8)));
    return tokens.request("a", "bot", request, warnings);
  }

  private String token(String spec) {
    return request(spec).path("status").path("token").asText();
  }

  private static JsonNode claims(String token) {
    return Json.read(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
  }

  private UserInfo accepted(String token) {
    Result result = authenticator.authenticate(token, API);
    assertThat(result).isInstanceOf(Result.Authenticated.class);
    return ((Result.Authenticated) result).user();
  }

  private void rejected(String token, String why) {
    Result result = authenticator.authenticate(token, API);
    assertThat(result).isInstanceOf(Result.Rejected.class);
    assertThat(((Result.Rejected) result).why()).contains(why);
  }

  private void bound(String kind, String name) {
    String token =
        token("{boundObjectRef: {kind: %s, apiVersion: v1, name: %s}}".formatted(kind, name));
    accepted(token);
    GroupVersionResource resource =
        GroupVersionResource.core(kind.toLowerCase(java.util.Locale.ROOT) + "s");
    KubeObject unused = client.delete(resource, kind.equals("Node") ? "" : "a", name, NOW);
    rejected(token, "service account token has been invalidated");
  }

  @Test
  void claims_areKubernetesOwn() {
    JsonNode claims = claims(token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}"));
    KubeObject pod = client.get(PODS, "a", "p");
    assertThat(claims.path("sub").asText()).isEqualTo("system:serviceaccount:a:bot");
    assertThat(claims.path("aud").toString()).isEqualTo("[\"https://kubernetes.default.svc\"]");
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3600);
    assertThat(claims.path("nbf").asLong()).isEqualTo(claims.path("iat").asLong());
    JsonNode kubernetes = claims.path("kubernetes.io");
    assertThat(kubernetes.path("namespace").asText()).isEqualTo("a");
    assertThat(kubernetes.path("pod").path("uid").asText()).isEqualTo(pod.uid());
    assertThat(kubernetes.path("node").path("uid").asText())
        .isEqualTo(client.get(NODES, "", "n").uid());
    assertThat(kubernetes.path("serviceaccount").path("uid").asText())
        .isEqualTo(client.get(ACCOUNTS, "a", "bot").uid());
    assertThat(kubernetes.has("warnafter")).isFalse();
  }

  @Test
  void user_hasTheTokensExtraValues() {
    String token = token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}");
    UserInfo user = accepted(token);
    assertThat(user.groups()).containsExactly("system:serviceaccounts", "system:serviceaccounts:a");
    assertThat(user.uid()).isEqualTo(client.get(ACCOUNTS, "a", "bot").uid());
    assertThat(user.extra())
        .containsEntry("authentication.kubernetes.io/pod-name", List.of("p"))
        .containsEntry("authentication.kubernetes.io/node-name", List.of("n"))
        .containsEntry(
            "authentication.kubernetes.io/credential-id",
            List.of("JTI=" + claims(token).path("jti").asText()))
        .containsKeys(
            "authentication.kubernetes.io/pod-uid", "authentication.kubernetes.io/node-uid");
  }

  @Test
  void deletedPod_endsItsToken() {
    bound("Pod", "p");
  }

  @Test
  void deletedSecret_endsItsToken() {
    bound("Secret", "s");
  }

  @Test
  void deletedNode_endsItsToken() {
    bound("Node", "n");
  }

  @Test
  void deletedAccount_endsItsTokens_evenWhenItComesBack() {
    String token = token("{}");
    KubeObject unused = client.delete(ACCOUNTS, "a", "bot", NOW);
    rejected(token, "serviceaccounts \"bot\" not found");
    make(ACCOUNTS, "a", "{kind: ServiceAccount, metadata: {name: bot}}");
    rejected(token, "does not match claim");
  }

  @Test
  void podOfTheSameName_isAnother() {
    String token = token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}");
    KubeObject unused = client.delete(PODS, "a", "p", NOW);
    make(
        PODS,
        "a",
        "{kind: Pod, metadata: {name: p}, spec: {serviceAccountName: bot, containers: [{name: c, image: none}]}}");
    rejected(token, "pod UID (");
  }

  @Test
  void podThatTerminates_keepsItsTokenForAMinuteAfterItsTime() {
    String token = token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}");
    KubeObject deleted =
        client.delete(PODS, "a", "p", new DeleteOptions(false, 30L, null, null, null));
    Instant time = Instant.parse(String.valueOf(deleted.deletionTimestamp()));
    now = time.plusSeconds(59);
    accepted(token);
    now = time.plusSeconds(61);
    rejected(token, "service account token has been invalidated");
  }

  @Test
  void expiry_countsAfterAMinutesLeeway() {
    String token = token("{expirationSeconds: 600}");
    now = now.plusSeconds(600 + 55);
    accepted(token);
    now = now.plusSeconds(10);
    rejected(token, "service account token has expired");
  }

  @Test
  void tokenOfTheFuture_isRejected() {
    String token = token("{}");
    now = now.minusSeconds(120);
    rejected(token, "service account token is not valid yet");
  }

  @Test
  void otherAudience_isRejected() {
    rejected(
        token("{audiences: [vault]}"),
        "token audiences [\"vault\"] is invalid for the target audiences"
            + " [\"https://kubernetes.default.svc\"]");
    Result result =
        authenticator.authenticate(token("{audiences: [vault, x]}"), List.of("y", "vault"));
    assertThat(result).isInstanceOf(Result.Authenticated.class);
    assertThat(((Result.Authenticated) result).audiences()).containsExactly("vault");
  }

  @Test
  void projectedToken_livesAYearAndWarns() {
    ObjectNode answer =
        request("{expirationSeconds: 3607, boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}");
    JsonNode claims = claims(answer.path("status").path("token").asText());
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong())
        .isEqualTo(Duration.ofDays(365).toSeconds());
    assertThat(
            claims.path("kubernetes.io").path("warnafter").asLong() - claims.path("iat").asLong())
        .isEqualTo(3607);
    Instant told = Instant.parse(answer.path("status").path("expirationTimestamp").asText());
    assertThat(told.getEpochSecond() - claims.path("iat").asLong()).isEqualTo(3607);
  }

  @Test
  void projectedTokenForOthers_doesNotLiveLonger() {
    JsonNode claims =
        claims(
            token(
                "{expirationSeconds: 3607, audiences: [vault], boundObjectRef: {kind: Pod, apiVersion: v1, name: p}}"));
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3607);
    assertThat(claims.path("kubernetes.io").has("warnafter")).isFalse();
  }

  @Test
  void longerThanTheLongest_isShortenedWithAWarning() {
    use(ELLIPTIC, List.of(ELLIPTIC.getPublic()), Duration.ofHours(2));
    ObjectNode answer = request("{expirationSeconds: 100000}");
    assertThat(answer.path("spec").path("expirationSeconds").asLong()).isEqualTo(7200);
    assertThat(warnings)
        .containsExactly("requested expiration of 100000 seconds shortened to 7200 seconds");
  }

  @Test
  void boundObjects_thatDontDo_areRefused() {
    assertThatThrownBy(() -> token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: none}}"))
        .isInstanceOf(StatusException.class)
        .hasMessage("pods \"none\" not found");
    assertThatThrownBy(
            () -> token("{boundObjectRef: {kind: ConfigMap, apiVersion: v1, name: none}}"))
        .hasMessage("cannot bind token to object of type /v1, Kind=ConfigMap");
    assertThatThrownBy(
            () -> token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: p, uid: other}}"))
        .hasMessageContaining("the UID in the bound object reference (other) does not match");
    make(
        PODS,
        "a",
        "{kind: Pod, metadata: {name: q}, spec: {serviceAccountName: x, containers: [{name: c, image: none}]}}");
    assertThatThrownBy(() -> token("{boundObjectRef: {kind: Pod, apiVersion: v1, name: q}}"))
        .hasMessage(
            "cannot bind token for serviceaccount \"bot\" to pod running with different"
                + " serviceaccount name.");
  }

  @Test
  void rotatedKeys_areGoodAsLongAsTheyAreListed() {
    String old = token("{}");
    use(RSA, List.of(RSA.getPublic(), ELLIPTIC.getPublic()), Duration.ZERO);
    accepted(old);
    String now = token("{}");
    accepted(now);
    JsonNode keys = Json.read(tokens.keys().jwks()).path("keys");
    assertThat(keys).hasSize(2);
    assertThat(tokens.openidConfiguration("https://x/openid/v1/jwks").toString())
        .contains("\"id_token_signing_alg_values_supported\":[\"ES256\",\"RS256\"]");
    use(RSA, List.of(RSA.getPublic()), Duration.ZERO);
    rejected(old, "failed to verify the token's signature");
    accepted(now);
  }

  private static String signedBy(JWSHeader header, JsonNode claims, byte[] secret)
      throws JOSEException {
    JWSObject forged = new JWSObject(header, new Payload(Json.write(claims)));
    forged.sign(new MACSigner(secret));
    return forged.serialize();
  }

  @Test
  void publicKeyAsSharedSecret_isRejected() throws Exception {
    use(RSA, List.of(RSA.getPublic()), Duration.ZERO);
    JWSHeader header = new JWSHeader(JWSAlgorithm.HS256);
    rejected(
        signedBy(header, claims(token("{}")), RSA.getPublic().getEncoded()),
        "failed to verify the token's signature");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "HS256", "RS256", "ES256", "XX"})
  void headerThatLies_isRejected(String algorithm) {
    String header =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "{\"alg\":\"%s\"}".formatted(algorithm).getBytes(StandardCharsets.UTF_8));
    String payload = token("{}").split("\\.", -1)[1];
    rejected(header + "." + payload + ".", "failed to verify the token's signature");
    rejected(header + "." + payload + ".AAAA", "failed to verify the token's signature");
  }

  @Test
  void otherIssuer_isUnknown() {
    String payload =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"iss\":\"https://x\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(authenticator.authenticate("e30." + payload + ".AAAA", API))
        .isInstanceOf(Result.Anonymous.class);
    assertThat(authenticator.authenticate("", API)).isInstanceOf(Result.Anonymous.class);
    assertThat(authenticator.authenticate("a.b.c", API)).isInstanceOf(Result.Anonymous.class);
    assertThat(authenticator.authenticate("..", API)).isInstanceOf(Result.Anonymous.class);
  }

  private String legacy() {
    KubeObject account = client.get(ACCOUNTS, "a", "bot");
    String token = tokens.legacy("a", "bot", account.uid(), "legacy");
    ObjectNode secret = Json.object().put("apiVersion", "v1").put("kind", "Secret");
    secret
        .putObject("metadata")
        .put("name", "legacy")
        .putObject("annotations")
        .put("kubernetes.io/service-account.name", "bot");
    secret.put("type", "kubernetes.io/service-account-token");
    secret
        .putObject("data")
        .put("token", Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8)));
    KubeObject unused = client.create(SECRETS, "a", secret);
    return token;
  }

  @Test
  void legacyToken_isGoodAndItsUseIsRecorded() {
    String token = legacy();
    assertThat(accepted(token).name()).isEqualTo("system:serviceaccount:a:bot");
    assertThat(client.get(SECRETS, "a", "legacy").labels())
        .containsEntry(
            "kubernetes.io/legacy-token-last-used",
            LocalDate.ofInstant(now, ZoneOffset.UTC).toString());
  }

  @Test
  void legacyToken_endsWithItsSecretOrItsMark() {
    String token = legacy();
    JsonNode mark =
        Yaml.read(
            "{metadata: {labels: {kubernetes.io/legacy-token-invalid-since: '2026-01-01'}}}"
                .getBytes(StandardCharsets.UTF_8));
    KubeObject unused =
        client.patch(SECRETS, "a", "legacy", "", PatchType.MERGE, mark, WriteOptions.NONE);
    rejected(token, "has been marked invalid");
    unused = client.delete(SECRETS, "a", "legacy", NOW);
    rejected(token, "service account token has been invalidated");
  }

  @Test
  void legacyToken_thatIsNotTheSecretsOwn_isRejected() {
    String token = legacy();
    JsonNode other = Yaml.read("{data: {token: eA==}}".getBytes(StandardCharsets.UTF_8));
    KubeObject unused =
        client.patch(SECRETS, "a", "legacy", "", PatchType.MERGE, other, WriteOptions.NONE);
    rejected(token, "service account token does not match server's copy");
  }
}
