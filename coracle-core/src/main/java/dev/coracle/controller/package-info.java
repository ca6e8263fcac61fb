/**
 * Kubernetes' controllers: a small runtime ({@link dev.coracle.controller.Controller}, {@link
 * dev.coracle.controller.Work}, {@link dev.coracle.controller.ControllerManager}), what several of
 * them share, and one package per controller. They know the API server only through the client,
 * each as its own ServiceAccount of {@code kube-system}.
 */
@NullMarked
package dev.coracle.controller;

import org.jspecify.annotations.NullMarked;
