package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.schema.cel.AccessCheck;
import java.util.List;
import java.util.function.Function;

/**
 * The three plugins about CertificateSigningRequests: who approves or signs one needs that right on
 * its signer ({@code signers}, by name or {@code DOMAIN/*}), and nobody gets a client certificate
 * of {@code system:masters} by asking for one.
 */
public final class CertificateAdmission {

  private static final String GROUP = "certificates.k8s.io";
  private static final String CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
  private static final String MASTERS = "system:masters";

  private CertificateAdmission() {}

  /** {@code CertificateApproval}. */
  public static AdmissionPlugin approval(AccessCheck access) {
    return new AdmissionPlugin() {
      @Override
      public String name() {
        return "CertificateApproval";
      }

      @Override
      public void validate(AdmissionAttributes write) {
        if (isUpdate(write, "approval")) {
          require(access, write, "approve");
        }
      }
    };
  }

  /** {@code CertificateSigning}. */
  public static AdmissionPlugin signing(AccessCheck access) {
    return new AdmissionPlugin() {
      @Override
      public String name() {
        return "CertificateSigning";
      }

      @Override
      public void validate(AdmissionAttributes write) {
        KubeObject old = write.oldObject();
        JsonNode now = isUpdate(write, "status") ? write.object() : null;
        if (old == null || now == null) {
          return;
        }
        JsonNode status = now.path("status");
        boolean same =
            status.path("certificate").equals(old.at("status", "certificate"))
                && status.path("conditions").equals(old.at("status", "conditions"));
        if (!same) {
          require(access, write, "sign");
        }
      }
    };
  }

  /**
   * {@code CertificateSubjectRestriction}.
   *
   * @param organizations of the {@code spec.request}; throws IllegalArgumentException when it can't
   *     be read
   */
  public static AdmissionPlugin subject(Function<JsonNode, List<String>> organizations) {
    return new AdmissionPlugin() {
      @Override
      public String name() {
        return "CertificateSubjectRestriction";
      }

      @Override
      public void validate(AdmissionAttributes write) {
        JsonNode object = isRequest(write) ? write.object() : null;
        if (write.operation() != Operation.CREATE
            || !write.subresource().isEmpty()
            || object == null
            || !object.path("spec").path("signerName").asText("").equals(CLIENT_SIGNER)) {
          return;
        }
        List<String> groups;
        try {
          groups = organizations.apply(object.path("spec").path("request"));
        } catch (IllegalArgumentException e) {
          throw refused(write, "failed to parse CSR: " + e.getMessage());
        }
        if (groups.contains(MASTERS)) {
          throw refused(
              write,
              "use of " + CLIENT_SIGNER + " signer with " + MASTERS + " group is not allowed");
        }
      }
    };
  }

  private static boolean isRequest(AdmissionAttributes write) {
    return write.resource().group().equals(GROUP)
        && write.resource().resource().equals("certificatesigningrequests");
  }

  private static boolean isUpdate(AdmissionAttributes write, String subresource) {
    return isRequest(write)
        && write.operation() == Operation.UPDATE
        && write.subresource().equals(subresource);
  }

  /** The stored request's signer counts: an update can't choose another. */
  private static void require(AccessCheck access, AdmissionAttributes write, String verb) {
    KubeObject old = write.oldObject();
    String signer = old == null ? "" : old.text("spec", "signerName");
    int slash = signer.indexOf('/');
    String all = slash < 0 ? signer : signer.substring(0, slash) + "/*";
    if (!may(access, write, verb, signer) && !may(access, write, verb, all)) {
      throw refused(
          write, "user not permitted to " + verb + " requests with signerName \"" + signer + '"');
    }
  }

  private static boolean may(
      AccessCheck access, AdmissionAttributes write, String verb, String signer) {
    return access
        .check(
            new AccessCheck.Question(write.user(), verb, "", GROUP, "*", "signers", "", "", signer))
        .allowed();
  }

  private static StatusException refused(AdmissionAttributes write, String why) {
    return StatusException.forbidden(
        write.resource().group(), write.resource().resource(), write.name(), why);
  }
}
