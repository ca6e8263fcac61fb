package dev.coracle.cluster.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a request to a certificate that the API server accepts, and what is refused on the way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CertificatesTest {

  private static final GroupVersionResource REQUESTS =
      GroupVersionResource.of("certificates.k8s.io", "v1", "certificatesigningrequests");
  private static final String CLIENT = "kubernetes.io/kube-apiserver-client";
  private static final String KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
  private static final String SERVING = "kubernetes.io/kubelet-serving";

  private final KeyPair keys = CertificateAuthority.newKeyPair();
  private Path directory;
  private TestCluster cluster;
  private Client admin;

  @BeforeAll
  void start(@TempDir Path given) {
    directory = given;
    cluster = TestCluster.controlPlane(directory);
    admin = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private Client as(String name, String... groups) {
    return new Client(admin.transport().as(UserInfo.of(name, groups)));
  }

  private String pkcs10(String subject, String... dnsNames) throws Exception {
    return pkcs10(keys, subject, dnsNames);
  }

  private String pkcs10(KeyPair signing, String subject, String... dnsNames) throws Exception {
    var builder = new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), keys.getPublic());
    if (dnsNames.length > 0) {
      ExtensionsGenerator extensions = new ExtensionsGenerator();
      GeneralName[] names = new GeneralName[dnsNames.length];
      for (int i = 0; i < names.length; i++) {
        names[i] = new GeneralName(GeneralName.dNSName, dnsNames[i]);
      }
      extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    }
    byte[] der =
        builder
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signing.getPrivate()))
            .getEncoded();
    return base64(Pem.encode("CERTIFICATE REQUEST", der));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static ObjectNode request(String name, String signer, String pkcs10, String... usages) {
    ObjectNode request =
        Json.object()
            .put("apiVersion", "certificates.k8s.io/v1")
            .put("kind", "CertificateSigningRequest");
    request.putObject("metadata").put("name", name);
    ObjectNode spec = request.putObject("spec").put("signerName", signer).put("request", pkcs10);
    for (String usage : usages) {
      spec.withArray("usages").add(usage);
    }
    return request;
  }

  private void create(ObjectNode request) {
    KubeObject unused = admin.create(REQUESTS, "", request);
  }

  private KubeObject await(String name, String condition) {
    return Awaitility.await()
        .until(
            () -> admin.get(REQUESTS, "", name),
            found ->
                condition.isEmpty()
                    ? !found.text("status", "certificate").isEmpty()
                    : found.at("status", "conditions").toString().contains(condition));
  }

  private static String certificate(KubeObject issued) {
    return new String(
        Base64.getDecoder().decode(issued.text("status", "certificate")),
        StandardCharsets.US_ASCII);
  }

  private static void refused(ThrowingCallable call, int code, String why) {
    StatusException refusal = catchThrowableOfType(StatusException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
    assertThat(refusal.getMessage()).contains(why);
  }

  @Test
  void kubectlApprove_givesACertificateThatWorks() throws Exception {
    ObjectNode jane = request("jane", CLIENT, pkcs10("O=devs,CN=jane"), "client auth");
    ((ObjectNode) jane.get("spec")).put("expirationSeconds", 3600);
    assertThat(cluster.kubectlWithInput(jane.toString(), "create", "-f", "-").exitCode()).isZero();
    assertThat(cluster.kubectl("get", "csr", "jane").text()).contains("Pending");
    assertThat(cluster.kubectl("certificate", "approve", "jane").text()).contains("approved");
    KubeObject issued = await("jane", "");
    assertThat(cluster.kubectl("get", "csr", "jane").text()).contains("Approved,Issued");
    X509Certificate certificate = Pem.certificate(certificate(issued));
    assertThat(
            Duration.between(
                certificate.getNotBefore().toInstant(), certificate.getNotAfter().toInstant()))
        .isEqualTo(Duration.ofMinutes(65));
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    Path certificateFile = Files.writeString(directory.resolve("jane.crt"), certificate(issued));
    Path keyFile =
        Files.writeString(
            directory.resolve("jane.key"),
            Pem.encode("PRIVATE KEY", keys.getPrivate().getEncoded()));
    Path config = Files.createTempFile(directory, "jane", ".kubeconfig");
    Files.writeString(
        config,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: a, cluster: {server: '%s', certificate-authority: %s}}]
        users: [{name: jane, user: {client-certificate: %s, client-key: %s}}]
        contexts: [{name: a, context: {cluster: a, user: jane}}]
        current-context: a
        """
            .formatted(
                cluster.server(), directory.resolve("data/pki/ca.crt"), certificateFile, keyFile));
    String as = "--kubeconfig=" + config;
    assertThat(cluster.kubectl(as, "auth", "whoami", "-o", "json").text())
        .contains("\"username\": \"jane\"")
        .contains("\"devs\"");
    assertThat(cluster.kubectl(as, "get", "pods").text())
        .contains("pods is forbidden: User \"jane\" cannot list resource \"pods\"");
  }

  @Test
  void kubectlDeny_issuesNothing() throws Exception {
    create(request("joe", CLIENT, pkcs10("CN=joe"), "client auth"));
    assertThat(cluster.kubectl("certificate", "deny", "joe").text()).contains("denied");
    assertThat(cluster.kubectl("get", "csr", "joe").text()).contains("Denied");
    assertThat(cluster.kubectl("certificate", "approve", "joe").exitCode()).isNotZero();
    assertThat(admin.get(REQUESTS, "", "joe").text("status", "certificate")).isEmpty();
  }

  @Test
  void kubeletsOwnRequest_isApprovedByItself() throws Exception {
    String pkcs10 = pkcs10("O=system:nodes,CN=system:node:n1");
    cluster.kubectl(
        "create",
        "clusterrolebinding",
        "selfnodes",
        "--clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        "--group=system:nodes");
    Client node = as("system:node:n1", "system:nodes", "system:authenticated");
    KubeObject unused =
        node.create(
            REQUESTS,
            "",
            request("n1", KUBELET, pkcs10, "client auth", "digital signature", "key encipherment"));
    assertThat(await("n1", "").at("status", "conditions").toString())
        .contains("Auto approving self kubelet client certificate after SubjectAccessReview.");
    ObjectNode others = request("n1-again", KUBELET, pkcs10, "client auth", "digital signature");
    refused(
        () ->
            as("system:node:n2", "system:nodes", "system:authenticated")
                .create(REQUESTS, "", others),
        403,
        "can only create a node CSR with CN=system:node:n2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a | O=devs,CN=system:node:n | | digital signature,server auth | subject organization is not system:nodes",
        "b | O=system:nodes,CN=system:node:n | | digital signature,server auth | DNS or IP subjectAltName is required",
        "c | O=system:nodes,CN=n | n.example | digital signature,server auth | subject common name does not begin with system:node:",
        "d | O=system:nodes,CN=system:node:n | n.example | client auth | usages did not match [digital signature key encipherment server auth]"
      })
  void servingRequest_thatIsNone_fails(
      String name, String subject, String dns, String usages, String why) throws Exception {
    String pkcs10 = dns == null ? pkcs10(subject) : pkcs10(subject, dns);
    create(request("serving-" + name, SERVING, pkcs10, usages.split(",", -1)));
    cluster.kubectl("certificate", "approve", "serving-" + name);
    KubeObject failed = await("serving-" + name, "Failed");
    assertThat(failed.at("status", "conditions").toString())
        .contains("SignerValidationFailure")
        .contains(why);
    assertThat(failed.text("status", "certificate")).isEmpty();
  }

  @Test
  void servingRequest_isSignedWithItsNames() throws Exception {
    String pkcs10 = pkcs10("O=system:nodes,CN=system:node:n", "n.example", "m.example");
    create(request("serving", SERVING, pkcs10, "digital signature", "server auth"));
    cluster.kubectl("certificate", "approve", "serving");
    X509Certificate certificate = Pem.certificate(certificate(await("serving", "")));
    assertThat(certificate.getSubjectAlternativeNames().toString())
        .contains("n.example")
        .contains("m.example");
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
  }

  @Test
  void mastersCertificate_isNotForTheAsking() throws Exception {
    ObjectNode request =
        request("masters", CLIENT, pkcs10("O=system:masters,CN=me"), "client auth");
    refused(
        () -> create(request),
        403,
        "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not"
            + " allowed");
  }

  @Test
  void badRequests_areInvalid() throws Exception {
    refused(
        () -> create(request("x", CLIENT, "eA==", "client auth")),
        422,
        "PEM block type must be CERTIFICATE REQUEST");
    String forged = pkcs10(CertificateAuthority.newKeyPair(), "CN=x");
    refused(
        () -> create(request("x", CLIENT, forged, "client auth")),
        422,
        "the signature of the certificate request does not verify");
    String good = pkcs10("CN=x");
    refused(
        () -> create(request("x", "kubernetes.io/legacy-unknown", good, "client auth")),
        422,
        "the legacy signerName is not allowed via this API version");
  }

  private static ObjectNode approved(KubeObject request) {
    ObjectNode approved = request.mutableTree();
    approved
        .withObject("/status")
        .putArray("conditions")
        .addObject()
        .put("type", "Approved")
        .put("status", "True")
        .put("reason", "x");
    return approved;
  }

  @Test
  void approvingAndSigning_needTheRightOnTheSigner() throws Exception {
    create(request("mine", CLIENT, pkcs10("CN=mine"), "client auth"));
    cluster.kubectl(
        "create",
        "clusterrole",
        "approver",
        "--verb=update",
        "--resource=certificatesigningrequests.certificates.k8s.io/approval,"
            + "certificatesigningrequests.certificates.k8s.io/status");
    cluster.kubectl(
        "create", "clusterrolebinding", "approver", "--clusterrole=approver", "--user=ann");
    Client ann = as("ann", "system:authenticated");
    ObjectNode approved = approved(admin.get(REQUESTS, "", "mine"));
    Awaitility.await()
        .untilAsserted(
            () ->
                refused(
                    () -> ann.updateSubresource(REQUESTS, "", "mine", "approval", approved),
                    403,
                    "user not permitted to approve requests with signerName \"" + CLIENT + "\""));
    refused(
        () -> admin.updateStatus(REQUESTS, "", "mine", approved),
        422,
        "updates may not add a condition of type \"Approved\"");
    ObjectNode issued = admin.get(REQUESTS, "", "mine").mutableTree();
    String other = base64(Files.readString(directory.resolve("data/pki/ca.crt")));
    issued.withObject("/status").put("certificate", other);
    refused(
        () -> ann.updateStatus(REQUESTS, "", "mine", issued),
        403,
        "user not permitted to sign requests with signerName \"" + CLIENT + "\"");
    cluster.kubectl(
        "create",
        "clusterrolebinding",
        "approver-of-clients",
        "--clusterrole=system:certificates.k8s.io:kube-apiserver-client-approver",
        "--user=ann");
    Awaitility.await()
        .ignoreExceptionsInstanceOf(StatusException.class)
        .until(
            () ->
                !ann.updateSubresource(REQUESTS, "", "mine", "approval", approved)
                    .name()
                    .isEmpty());
    KubeObject signed = await("mine", "");
    ObjectNode withdrawn = signed.mutableTree();
    withdrawn.withObject("/status").putArray("conditions");
    refused(
        () -> admin.updateSubresource(REQUESTS, "", "mine", "approval", withdrawn),
        422,
        "updates may not remove a condition of type \"Approved\"");
    ObjectNode replaced = signed.mutableTree();
    replaced.withObject("/status").put("certificate", other);
    refused(
        () -> admin.updateStatus(REQUESTS, "", "mine", replaced),
        422,
        "updates may not modify existing certificate content");
  }
}
