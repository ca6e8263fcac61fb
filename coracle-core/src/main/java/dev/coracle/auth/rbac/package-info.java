/**
 * Role based access control: the authorizer over Roles, ClusterRoles and their bindings, and the
 * default policy that every cluster starts with.
 */
@NullMarked
package dev.coracle.auth.rbac;

import org.jspecify.annotations.NullMarked;
