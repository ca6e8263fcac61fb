package dev.coracle.apiserver.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.coracle.api.Json;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.ResourceTable;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.FieldValidation;
import io.kubernetes.client.proto.Runtime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every built-in kind, with all its fields: messages made from the descriptors of client-java-proto
 * are read, checked against the kind's schema, and written; what comes out must be the message that
 * went in.
 */
class ProtobufRoundTripTest {

  private static final int DEPTH = 9;
  private static final Set<String> FILES =
      Set.of(
          "V1",
          "V1Admissionregistration",
          "V1Apiextensions",
          "V1Apps",
          "V1Authentication",
          "V1Authorization",
          "V1Autoscaling",
          "V2Autoscaling",
          "V1Batch",
          "V1Certificates",
          "V1Coordination",
          "V1Discovery",
          "V1Events",
          "V1Flowcontrol",
          "V1Networking",
          "V1Node",
          "V1Policy",
          "V1Rbac",
          "V1Resource",
          "V1Scheduling",
          "V1Storage");
  private static final Map<String, Descriptor> MESSAGES = new HashMap<>();

  static Stream<ResourceType> types() {
    for (String file : FILES) {
      try {
        FileDescriptor descriptor =
            (FileDescriptor)
                Class.forName("io.kubernetes.client.proto." + file)
                    .getMethod("getDescriptor")
                    .invoke(null);
        descriptor.getMessageTypes().forEach(each -> MESSAGES.put(each.getFullName(), each));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return ResourceTable.load().stream().map(ResourceTable.Row::type);
  }

  @ParameterizedTest
  @MethodSource("types")
  void kind_withAllItsFields_survivesReadingAndWriting(ResourceType type) throws Exception {
    String name = ProtobufTable.get().message(type.gvk());
    assertThat(name).as("the message of %s", type.gvk()).isNotNull();
    Descriptor descriptor = MESSAGES.get(name);
    if (descriptor == null) {
      assertThat(type.group()).as("not in client-java-proto").isEqualTo("apiregistration.k8s.io");
      return;
    }
    Random random = new Random(name.hashCode());
    for (int i = 0; i < 3; i++) {
      Message message = message(descriptor, 0, random);

      ObjectNode tree =
          ProtobufReader.read(
              ProtobufReaderTest.envelope(type.gvk().apiVersion(), type.kind(), message));
      assertThat(strictly(tree, type)).isEmpty();
      byte[] written = ProtobufWriter.object(Json.write(tree));

      assertThat(new String(written, 0, 4, java.nio.charset.StandardCharsets.US_ASCII))
          .isEqualTo("k8s\0");
      Runtime.Unknown envelope =
          Runtime.Unknown.parseFrom(
              ByteString.copyFrom(written, 4, written.length - 4), registry());
      assertThat(envelope.getTypeMeta().getKind()).isEqualTo(type.kind());
      assertThat(envelope.getTypeMeta().getApiVersion()).isEqualTo(type.gvk().apiVersion());
      assertThat(DynamicMessage.parseFrom(descriptor, envelope.getRaw())).isEqualTo(message);
    }
  }

  private static com.google.protobuf.ExtensionRegistry registry() {
    return com.google.protobuf.ExtensionRegistry.getEmptyRegistry();
  }

  private static List<String> strictly(ObjectNode tree, ResourceType type) {
    Schema schema = Schemas.builtIn().find(type.gvk());
    assertThat(schema).isNotNull();
    return Decoder.decodeTree(tree.deepCopy(), schema, type.gvk(), FieldValidation.WARN)
        .warnings()
        .stream()
        // newer than the schemas
        .filter(warning -> !warning.contains("observedGeneration"))
        .toList();
  }

  private static Message message(Descriptor type, int depth, Random random) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    List<FieldDescriptor> fields = new ArrayList<>(type.getFields());
    switch (type.getName()) {
      case "Time", "MicroTime" -> {
        int nanos = type.getName().equals("Time") ? 0 : 1_000 * (1 + random.nextInt(999_999));
        return message
            .setField(type.findFieldByName("seconds"), 1_700_000_000L + random.nextInt(1_000_000))
            .setField(type.findFieldByName("nanos"), nanos)
            .build();
      }
      case "Quantity" -> {
        return message
            .setField(type.findFieldByName("string"), 1 + random.nextInt(900) + "Mi")
            .build();
      }
      case "IntOrString" -> {
        boolean text = random.nextBoolean();
        return message
            .setField(type.findFieldByName("type"), text ? 1L : 0L)
            .setField(type.findFieldByName("intVal"), text ? 0 : random.nextInt())
            .setField(type.findFieldByName("strVal"), text ? "25%" : "")
            .build();
      }
      case "JSONSchemaPropsOrBool" -> {
        if (depth > 4 || random.nextBoolean()) {
          return message.setField(type.findFieldByName("allows"), random.nextBoolean()).build();
        }
        message.setField(type.findFieldByName("allows"), true);
        fields.remove(type.findFieldByName("allows"));
      }
      case "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray" -> {
        FieldDescriptor one = fields.get(random.nextInt(2));
        return one.isRepeated()
            ? message.addRepeatedField(one, value(one, depth, random)).build()
            : message.setField(one, value(one, depth, random)).build();
      }
      default -> {}
    }
    for (FieldDescriptor field : fields) {
      boolean deep =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && (depth >= DEPTH || (depth >= DEPTH - 1 && type.getName().equals("Probe")));
      boolean recursive = type.getName().startsWith("JSONSchemaProps") && depth > 4;
      if (deep && !field.isMapField() || (recursive && random.nextInt(10) > 0)) {
        continue;
      }
      if (field.isMapField()) {
        FieldDescriptor value = field.getMessageType().findFieldByName("value");
        for (int i = 0; i < (recursive ? 1 : 2); i++) {
          message.addRepeatedField(
              field,
              DynamicMessage.newBuilder(field.getMessageType())
                  .setField(field.getMessageType().findFieldByName("key"), "key-" + i)
                  .setField(value, value(value, depth, random))
                  .build());
        }
      } else if (field.isRepeated()) {
        for (int i = 0; i < (recursive ? 1 : 2); i++) {
          message.addRepeatedField(field, value(field, depth, random));
        }
      } else {
        message.setField(field, value(field, depth, random));
      }
    }
    return message.build();
  }

  private static Object value(FieldDescriptor field, int depth, Random random) {
    return switch (field.getJavaType()) {
      case STRING -> "text-\u00e9\"\\\n" + random.nextInt(1000);
      case INT -> random.nextInt() | 1;
      case LONG -> random.nextLong() | 1;
      case BOOLEAN -> true;
      case DOUBLE -> random.nextInt(1000) + 0.5;
      case FLOAT -> random.nextInt(1000) + 0.5f;
      case BYTE_STRING -> bytes(field, random);
      case MESSAGE -> message(field.getMessageType(), depth + 1, random);
      case ENUM -> throw new IllegalStateException("no enumerations in Kubernetes");
    };
  }

  /** Raw JSON where the message is a piece of JSON. */
  private static ByteString bytes(FieldDescriptor field, Random random) {
    if (field.getName().equalsIgnoreCase("raw")) {
      return ByteString.copyFromUtf8(
          "{\"a\":{\"b\":[1,\"x\u00e9\"]},\"n\":" + random.nextInt() + "}");
    }
    byte[] bytes = new byte[random.nextInt(40) + 1];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
