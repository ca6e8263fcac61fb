/**
 * Role based access control: the authorizer over Roles, ClusterRoles and their bindings, the check
 * that nobody gives away rights that they don't hold, and the default policy that every start
 * brings up to date.
 */
@NullMarked
package dev.coracle.auth.rbac;

import org.jspecify.annotations.NullMarked;
