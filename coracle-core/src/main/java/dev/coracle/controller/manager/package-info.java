/**
 * What a kube-controller-manager is: the list of all controllers, and starting them side by side,
 * each with its own identity.
 */
@NullMarked
package dev.coracle.controller.manager;

import org.jspecify.annotations.NullMarked;
