/**
 * CertificateSigningRequests: kubelets' own are approved after a SubjectAccessReview, approved ones
 * of the built-in signers are signed, old ones are deleted.
 */
@NullMarked
package dev.coracle.controller.certificates;

import org.jspecify.annotations.NullMarked;
