package dev.coracle.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Every built-in kind that a client can create and read again, and a valid object of each. */
final class Kinds {

  /** The namespace that the objects of namespaced kinds are in. */
  static final String NAMESPACE = "every-kind";

  private final List<String> manifests;

  Kinds() {
    try (InputStream file = Kinds.class.getResourceAsStream("/clients/kinds.yaml")) {
      String text = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
      manifests = List.of(text.replace("REQUEST", request()).split("\n---\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A kind that has a manifest, and what discovery says of it. */
  record Kind(
      String apiVersion,
      String kind,
      String plural,
      boolean namespaced,
      boolean hasStatus,
      boolean hasScale,
      String manifest) {

    String group() {
      return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
    }

    String version() {
      return apiVersion.substring(apiVersion.indexOf('/') + 1);
    }

    /** As errors name it: {@code configmaps}, {@code deployments.apps}. */
    String qualified() {
      return group().isEmpty() ? plural : plural + "." + group();
    }

    /** The path of all of them (in the namespace). */
    String path() {
      return (group().isEmpty() ? "/api/" : "/apis/")
          + apiVersion
          + (namespaced ? "/namespaces/" + NAMESPACE : "")
          + "/"
          + plural;
    }

    /** One of several objects that don't disturb each other. */
    ObjectNode object(int number, String label) {
      ObjectNode object = Kinds.read(manifest.replace("_N_", Integer.toString(number)));
      ObjectNode metadata = (ObjectNode) object.get("metadata");
      metadata.putObject("labels").put("story", label);
      if (namespaced) {
        metadata.put("namespace", NAMESPACE);
      }
      return object;
    }

    String name(int number) {
      return object(number, "").at("/metadata/name").asText();
    }

    @Override
    public String toString() {
      return apiVersion + " " + kind;
    }
  }

  /** The kinds of one group and version that have manifests; {@code resources}: its discovery. */
  List<Kind> of(String apiVersion, JsonNode resources) {
    List<String> names = new ArrayList<>();
    resources.forEach(resource -> names.add(resource.path("name").asText()));
    List<Kind> kinds = new ArrayList<>();
    for (JsonNode resource : resources) {
      String plural = resource.path("name").asText();
      List<String> verbs = new ArrayList<>();
      resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
      if (plural.contains("/") || !verbs.contains("create") || !verbs.contains("list")) {
        continue;
      }
      String kind = resource.path("kind").asText();
      kinds.add(
          new Kind(
              apiVersion,
              kind,
              plural,
              resource.path("namespaced").asBoolean(),
              names.contains(plural + "/status"),
              names.contains(plural + "/scale"),
              manifest(apiVersion, kind)));
    }
    return kinds;
  }

  private String manifest(String apiVersion, String kind) {
    for (String manifest : manifests) {
      JsonNode tree = read(manifest);
      if (tree.path("apiVersion").asText().equals(apiVersion)
          && tree.path("kind").asText().equals(kind)) {
        return manifest;
      }
    }
    throw new AssertionError("kinds.yaml has no " + apiVersion + " " + kind);
  }

  private static ObjectNode read(String yaml) {
    return (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
  }

  /** A certificate signing request, PEM in base64, as JSON carries it. */
  static String request() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair pair = generator.generateKeyPair();
      StringWriter pem = new StringWriter();
      try (JcaPEMWriter writer = new JcaPEMWriter(pem)) {
        writer.writeObject(
            new JcaPKCS10CertificationRequestBuilder(
                    new X500Principal("CN=story"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
      }
      return Base64.getEncoder().encodeToString(pem.toString().getBytes(StandardCharsets.UTF_8));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
