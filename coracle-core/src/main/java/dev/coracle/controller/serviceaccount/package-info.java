/**
 * Gives each namespace its {@code default} ServiceAccount, and ServiceAccounts their token Secrets.
 */
@NullMarked
package dev.coracle.controller.serviceaccount;

import org.jspecify.annotations.NullMarked;
