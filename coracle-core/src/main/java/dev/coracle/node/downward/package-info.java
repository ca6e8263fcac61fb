/**
 * What a Pod may learn about itself: the Downward API's fields and resources, variable expansion,
 * Service variables and the environment that is made of them. Values in, values out.
 */
@NullMarked
package dev.coracle.node.downward;

import org.jspecify.annotations.NullMarked;
