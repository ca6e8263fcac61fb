/**
 * {@code coracle rbac}: which rights a program uses, heard from the server while it runs, and why a
 * request is allowed or denied, worked out from the roles and bindings of any Kubernetes cluster.
 */
@NullMarked
package dev.coracle.cli.rbac;

import org.jspecify.annotations.NullMarked;
