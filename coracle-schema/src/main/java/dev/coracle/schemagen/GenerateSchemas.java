package dev.coracle.schemagen;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;

/**
 * The step of coracle-core's build: writes schema resources, view sources and the table of protobuf
 * messages. Does nothing when neither the jar nor the facts nor this generator changed since the
 * last run.
 */
public final class GenerateSchemas {

  private GenerateSchemas() {}

  /**
   * @param arguments the folder for resources, the folder for sources, the file that remembers what
   *     the last run worked from
   */
  public static void main(String[] arguments) throws Exception {
    Path resources = Path.of(arguments[0]);
    Path sources = Path.of(arguments[1]);
    Path stamp = Path.of(arguments[2]);
    String inputs = fingerprint();
    if (Files.exists(stamp)
        && Files.readString(stamp).equals(inputs)
        && Files.isDirectory(resources)
        && Files.isDirectory(sources)) {
      return;
    }
    Model model = Model.read(Facts.read());
    try (OutputFolder folder = new OutputFolder(resources.resolve("dev/coracle/schema"))) {
      SchemaResources.write(model, folder);
    }
    try (OutputFolder folder = new OutputFolder(sources.resolve("dev/coracle/client/views"))) {
      ViewSources.write(model, folder);
    }
    ProtobufMessages.write(model, resources.resolve("dev/coracle/apiserver/encoding/protobuf.txt"));
    Files.writeString(stamp, inputs);
  }

  private static String fingerprint()
      throws IOException, URISyntaxException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(Facts.bytes());
    Path jar = location(io.kubernetes.client.openapi.models.V1Pod.class);
    digest.update((jar + " " + Files.size(jar)).getBytes(StandardCharsets.UTF_8));
    Path own = location(GenerateSchemas.class);
    if (Files.isDirectory(own)) {
      try (Stream<Path> files = Files.walk(own)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          digest.update(Files.readAllBytes(file));
        }
      }
    } else {
      digest.update(Files.readAllBytes(own));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
