/**
 * Admission by webhooks ({@code MutatingWebhookConfiguration}, {@code
 * ValidatingWebhookConfiguration}): which are called for a write, what they are sent, and what
 * becomes of their answers.
 */
@NullMarked
package dev.coracle.admission.webhook;

import org.jspecify.annotations.NullMarked;
