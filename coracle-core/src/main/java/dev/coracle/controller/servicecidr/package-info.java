/**
 * ServiceCIDRs and IPAddresses: when the ranges of cluster IPs are ready and may go, and that each
 * cluster IP has its IPAddress and no IPAddress outlives its Service (KEP-1880).
 */
@NullMarked
package dev.coracle.controller.servicecidr;

import org.jspecify.annotations.NullMarked;
