/**
 * The Pod network of one machine: a bridge with routed Pod addresses, Services in an nftables table
 * of our own, and (in {@code dns}) the cluster's DNS. Needs Linux, rights, {@code ip} and {@code
 * nft}; without them Pods share the machine's network.
 *
 * <p>Everything made here carries a name derived from the data directory, so that a start removes
 * what a killed predecessor left, and two clusters do not meet.
 */
@NullMarked
package dev.coracle.network;

import org.jspecify.annotations.NullMarked;
