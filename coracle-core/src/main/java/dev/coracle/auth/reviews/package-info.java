/**
 * The questions about identity and rights that one can create: TokenReview, the SubjectAccessReview
 * family, SelfSubjectReview. Nothing of them is stored.
 */
@NullMarked
package dev.coracle.auth.reviews;

import org.jspecify.annotations.NullMarked;
