package dev.coracle.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Between a served version and the stored one; both directions change the tree in place. */
public interface Conversion {

  void toStored(ObjectNode object);

  void fromStored(ObjectNode object);
}
