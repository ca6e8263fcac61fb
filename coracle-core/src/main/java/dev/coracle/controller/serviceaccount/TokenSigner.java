package dev.coracle.controller.serviceaccount;

/** Makes the tokens of token Secrets. */
public interface TokenSigner {

  /**
   * A token without an end, valid while ServiceAccount and Secret are there: its claims are {@code
   * kubernetes.io/serviceaccount/namespace}, {@code .../secret.name}, {@code
   * .../service-account.name} and {@code .../service-account.uid}.
   */
  String sign(String namespace, String serviceAccount, String serviceAccountUid, String secret);
}
