/**
 * Kubernetes' controllers: what each is ({@link dev.coracle.controller.Controller}) and works with
 * ({@link dev.coracle.controller.Work}), what several of them share, and one package per
 * controller; {@code manager} lists and starts them. They know the API server only through the
 * client, each as its own ServiceAccount of {@code kube-system}.
 */
@NullMarked
package dev.coracle.controller;

import org.jspecify.annotations.NullMarked;
