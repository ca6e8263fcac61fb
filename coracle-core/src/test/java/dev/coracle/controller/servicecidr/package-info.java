/** ServiceCIDRs and IPAddresses, in stories through the real API. */
@NullMarked
package dev.coracle.controller.servicecidr;

import org.jspecify.annotations.NullMarked;
