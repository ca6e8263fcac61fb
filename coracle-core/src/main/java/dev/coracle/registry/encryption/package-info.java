/**
 * Encryption at rest (the Kubernetes page "Encrypting Confidential Data at Rest"): between the
 * registry and the store, values are enciphered as an EncryptionConfiguration says, by AES-CBC,
 * AES-GCM, XSalsa20-Poly1305 or with keys that a key management service keeps. Stored values begin
 * with kube-apiserver's prefixes, such as {@code k8s:enc:aescbc:v1:key1:}. Caches hold what is in
 * clear.
 */
@NullMarked
package dev.coracle.registry.encryption;

import org.jspecify.annotations.NullMarked;
