/** Bootstrap tokens: what they sign ({@code kube-public/cluster-info}), and their end. */
@NullMarked
package dev.coracle.controller.bootstrap;

import org.jspecify.annotations.NullMarked;
