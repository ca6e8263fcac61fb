package dev.coracle.controller.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What controllers read from CertificateSigningRequests, and what the built-in signers sign. */
final class Requests {

  static final GroupVersionResource RESOURCE =
      GroupVersionResource.of("certificates.k8s.io", "v1", "certificatesigningrequests");

  private static final String NODES = "system:nodes";
  private static final String NODE = "system:node:";

  private Requests() {}

  static boolean has(KubeObject request, String condition) {
    JsonNode found = Conditions.find(request.at("status", "conditions"), condition);
    return found != null && found.path("status").asText("True").equals("True");
  }

  static boolean isApproved(KubeObject request) {
    return has(request, "Approved") && !has(request, "Denied");
  }

  static boolean isIssued(KubeObject request) {
    return !request.text("status", "certificate").isEmpty();
  }

  static List<String> usages(KubeObject request) {
    List<String> usages = new ArrayList<>();
    request.at("spec", "usages").forEach(usage -> usages.add(usage.asText()));
    return usages;
  }

  /** Why a built-in signer does not sign this; empty when it does. */
  static String refusal(String signer, Authority.Subject subject, List<String> usages) {
    return switch (signer) {
      case "kubernetes.io/kube-apiserver-client" -> client(usages);
      case "kubernetes.io/kube-apiserver-client-kubelet" -> kubeletClient(subject, usages);
      case "kubernetes.io/kubelet-serving" -> kubeletServing(subject, usages);
      default -> "";
    };
  }

  private static String client(List<String> usages) {
    for (String usage : usages) {
      switch (usage) {
        case "digital signature", "key encipherment", "client auth" -> {
          // One of these.
        }
        default -> {
          return "invalid usage for client certificate: " + usage;
        }
      }
    }
    return usages.contains("client auth")
        ? ""
        : "missing required usage for client certificate: client auth";
  }

  static String kubeletClient(Authority.Subject subject, List<String> usages) {
    if (!subject.organizations().equals(List.of(NODES))) {
      return "subject organization is not system:nodes";
    }
    if (!subject.dnsNames().isEmpty()) {
      return "DNS subjectAltNames are not allowed";
    }
    if (!subject.emailAddresses().isEmpty()) {
      return "Email subjectAltNames are not allowed";
    }
    if (!subject.ipAddresses().isEmpty()) {
      return "IP subjectAltNames are not allowed";
    }
    if (!subject.uris().isEmpty()) {
      return "URI subjectAltNames are not allowed";
    }
    if (!subject.commonName().startsWith(NODE)) {
      return "subject common name does not begin with system:node:";
    }
    return usages(usages, "client auth");
  }

  private static String kubeletServing(Authority.Subject subject, List<String> usages) {
    if (!subject.organizations().equals(List.of(NODES))) {
      return "subject organization is not system:nodes";
    }
    if (subject.dnsNames().isEmpty() && subject.ipAddresses().isEmpty()) {
      return "DNS or IP subjectAltName is required";
    }
    if (!subject.emailAddresses().isEmpty()) {
      return "Email subjectAltNames are not allowed";
    }
    if (!subject.uris().isEmpty()) {
      return "URI subjectAltNames are not allowed";
    }
    String why = usages(usages, "server auth");
    if (!why.isEmpty()) {
      return why;
    }
    return subject.commonName().startsWith(NODE)
        ? ""
        : "subject common name does not begin with system:node:";
  }

  private static String usages(List<String> usages, String use) {
    Set<String> given = Set.copyOf(usages);
    boolean good =
        given.equals(Set.of("digital signature", "key encipherment", use))
            || given.equals(Set.of("digital signature", use));
    return good
        ? ""
        : "usages did not match ["
            + (use.equals("client auth")
                ? "client auth digital signature key encipherment"
                : "digital signature key encipherment server auth")
            + "]";
  }
}
