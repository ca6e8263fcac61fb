/**
 * Gives each namespace its {@code default} ServiceAccount, and ServiceAccounts their token Secrets;
 * takes those away again that nobody uses.
 */
@NullMarked
package dev.coracle.controller.serviceaccount;

import org.jspecify.annotations.NullMarked;
