package dev.coracle.registry.encryption;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an EncryptionConfiguration and gathers everything that is wrong with it; keys are never
 * shown.
 */
final class ConfigurationReader {

  private static final List<Integer> AES_SIZES = List.of(16, 24, 32);
  private static final List<Integer> SECRETBOX_SIZES = List.of(32);
  private static final Set<String> NOT_SERVED =
      Set.of("apiserveripinfo", "serviceipallocations", "servicenodeportallocations");
  private static final String API_VERSION = "apiserver.config.k8s.io/v1";

  private final List<String> errors = new ArrayList<>();
  private final Set<String> kmsNames = new HashSet<>();

  private ConfigurationReader() {}

  /**
   * @throws IOException with all that is wrong, in kube-apiserver's words
   */
  static EncryptionConfiguration read(Path file) throws IOException {
    byte[] yaml;
    try {
      yaml = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "error opening encryption provider configuration file "
              + quote(file.toString())
              + ": open "
              + file
              + ": no such file or directory",
          e);
    } catch (IOException e) {
      throw new IOException(
          "error opening encryption provider configuration file "
              + quote(file.toString())
              + ": "
              + e.getMessage(),
          e);
    }
    if (yaml.length == 0) {
      throw new IOException(
          "encryption provider configuration file " + quote(file.toString()) + " is empty");
    }
    try {
      return parse(yaml);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "error decoding encryption provider configuration file "
              + quote(file.toString())
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /**
   * @throws IllegalArgumentException with all that is wrong
   */
  static EncryptionConfiguration parse(byte[] yaml) {
    JsonNode tree;
    try {
      tree = Yaml.read(yaml);
    } catch (IllegalArgumentException e) {
      // the parser's own words may show a line of the file, and lines of this file are secret
      throw new IllegalArgumentException("the file is not YAML");
    }
    String kind = tree.path("kind").asText("");
    String version = tree.path("apiVersion").asText("");
    if (kind.isEmpty()) {
      throw new IllegalArgumentException("Object 'Kind' is missing");
    }
    if (!kind.equals("EncryptionConfiguration") || !version.equals(API_VERSION)) {
      throw new IllegalArgumentException(
          "no kind " + quote(kind) + " is registered for version " + quote(version));
    }
    return new ConfigurationReader().configuration(tree);
  }

  private EncryptionConfiguration configuration(JsonNode tree) {
    List<EncryptionConfiguration.Rule> rules = new ArrayList<>();
    if (tree.path("resources").isEmpty()) {
      errors.add("resources: Required value: at least one resources is required");
    }
    int index = 0;
    for (JsonNode rule : tree.path("resources")) {
      rules.add(rule(rule, "resources[" + index++ + "]"));
    }
    if (errors.size() == 1) {
      throw new IllegalArgumentException(errors.getFirst());
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("[" + String.join(", ", errors) + "]");
    }
    return new EncryptionConfiguration(rules);
  }

  private EncryptionConfiguration.Rule rule(JsonNode rule, String path) {
    String resourcesPath = path + ".resources";
    List<String> names = new ArrayList<>();
    rule.path("resources").forEach(each -> names.add(each.asText("")));
    if (names.isEmpty()) {
      required(resourcesPath, "at least one " + resourcesPath + " is required");
    }
    checkOverlap(names, resourcesPath);
    for (int i = 0; i < names.size(); i++) {
      checkName(names.get(i), resourcesPath + "[" + i + "]");
    }
    String providersPath = path + ".providers";
    if (rule.path("providers").isEmpty()) {
      required(providersPath, "at least one " + providersPath + " is required");
    }
    List<EncryptionConfiguration.Provider> providers = new ArrayList<>();
    int index = 0;
    for (JsonNode provider : rule.path("providers")) {
      EncryptionConfiguration.Provider read =
          provider(provider, providersPath + "[" + index++ + "]");
      if (read != null) {
        providers.add(read);
      }
    }
    return new EncryptionConfiguration.Rule(
        names.stream().map(GroupResource::parse).toList(), providers);
  }

  private void checkOverlap(List<String> names, String path) {
    boolean duplicate = false;
    boolean overlap = false;
    List<GroupResource> resources = names.stream().map(GroupResource::parse).toList();
    for (int i = 0; i < resources.size(); i++) {
      for (int j = 0; j < resources.size(); j++) {
        GroupResource one = resources.get(i);
        GroupResource other = resources.get(j);
        if (i == j) {
          continue;
        }
        if (one.equals(other)) {
          duplicate = true;
        } else if (one.equals(GroupResource.EVERYTHING)
            || (one.group().equals(other.group())
                && (one.resource().equals("*") || other.resource().equals("*")))) {
          overlap = true;
        }
      }
    }
    if (duplicate) {
      invalid(path, list(names), "the same resource cannot be specified multiple times");
    }
    if (overlap) {
      invalid(
          path,
          list(names),
          "using overlapping resources such as 'secrets' and '*.' in the same resource list is not"
              + " allowed as they will be masked");
    }
  }

  private void checkName(String name, String path) {
    GroupResource resource = GroupResource.parse(name);
    if (!name.toLowerCase(Locale.ROOT).equals(name)) {
      invalid(path, quote(name), "resource name should not contain capital letters");
    } else if (name.equals("*")) {
      invalid(
          path,
          quote(name),
          "use '*.' to encrypt all the resources from core API group or *.* to encrypt all"
              + " resources");
    } else if (NOT_SERVED.contains(name)) {
      invalid(path, quote(name), "resources which do not have REST API/s cannot be encrypted");
    } else if (resource.group().equals("events.k8s.io")) {
      invalid(
          path,
          quote(name),
          "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events'"
              + " instead in the config file");
    } else if (resource.group().equals("extensions")) {
      invalid(
          path,
          quote(name),
          "'extensions' group has been removed and cannot be used for encryption");
    } else if (resource.group().equals("*") && !resource.resource().equals("*")) {
      invalid(path, quote(name), "encrypting the same resource across groups is not supported");
    }
  }

  private EncryptionConfiguration.@Nullable Provider provider(JsonNode provider, String path) {
    List<String> found = new ArrayList<>();
    for (String each : List.of("aesgcm", "aescbc", "secretbox", "identity", "kms")) {
      if (provider.has(each) && !provider.path(each).isNull()) {
        found.add(each);
      }
    }
    if (found.isEmpty()) {
      invalid(
          path,
          "{}",
          "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC,"
              + " Secretbox, Identity");
      return null;
    }
    if (found.size() > 1) {
      invalid(
          path,
          "REDACTED",
          "more than one provider specified in a single element, should split into different list"
              + " elements");
      return null;
    }
    String name = found.getFirst();
    JsonNode config = provider.path(name);
    return switch (name) {
      case "identity" -> new EncryptionConfiguration.Provider.Plain();
      case "kms" -> kms(config, path + ".kms");
      default -> {
        EncryptionConfiguration.Cipher cipher =
            EncryptionConfiguration.Cipher.valueOf(name.toUpperCase(Locale.ROOT));
        yield new EncryptionConfiguration.Provider.Keys(
            cipher,
            keys(
                config,
                path + "." + name + ".keys",
                name.equals("secretbox") ? SECRETBOX_SIZES : AES_SIZES));
      }
    };
  }

  private List<EncryptionConfiguration.Key> keys(
      JsonNode config, String path, List<Integer> sizes) {
    List<EncryptionConfiguration.Key> keys = new ArrayList<>();
    if (config.path("keys").isEmpty()) {
      required(path, "at least one keys is required");
    }
    int index = 0;
    for (JsonNode key : config.path("keys")) {
      String at = path + "[" + index++ + "]";
      String name = key.path("name").asText("");
      String secret = key.path("secret").asText("");
      if (name.isEmpty()) {
        required(at + ".name", "name is a mandatory field for a key");
      }
      if (secret.isEmpty()) {
        required(at + ".secret", "secret is a mandatory field for a key");
        continue;
      }
      byte[] bytes;
      try {
        bytes = Base64.getDecoder().decode(secret);
      } catch (IllegalArgumentException e) {
        invalid(at + ".secret", "\"REDACTED\"", "secrets must be base64 encoded");
        continue;
      }
      if (!sizes.contains(bytes.length)) {
        invalid(
            at + ".secret",
            "\"REDACTED\"",
            "secret is not of the expected length, got "
                + bytes.length
                + ", expected one of ["
                + String.join(" ", sizes.stream().map(String::valueOf).toList())
                + "]");
        continue;
      }
      keys.add(new EncryptionConfiguration.Key(name, bytes));
    }
    return keys;
  }

  private EncryptionConfiguration.Provider kms(JsonNode config, String path) {
    String name = config.path("name").asText("");
    String endpoint = config.path("endpoint").asText("");
    String version = config.path("apiVersion").asText("v1");
    if (name.isEmpty()) {
      required(path + ".name", "name is a mandatory field for a provider");
    }
    if (name.contains(":")) {
      invalid(
          path + ".name",
          quote(name),
          "invalid KMS provider name " + name + ", must not contain ':'");
    }
    if (!kmsNames.add(name)) {
      invalid(
          path + ".name",
          quote(name),
          "duplicate KMS provider name " + name + ", names must be unique");
    }
    Duration timeout = timeout(config, path + ".timeout");
    if (endpoint.isEmpty()) {
      invalid(path + ".endpoint", "\"\"", "endpoint is a mandatory field for a kms");
    } else if (!endpoint.startsWith("unix://")) {
      int colon = endpoint.indexOf(':');
      invalid(
          path + ".endpoint",
          quote(endpoint),
          "unsupported scheme "
              + quote(colon < 0 ? "" : endpoint.substring(0, colon))
              + " for KMS provider, only unix is supported");
    }
    if (config.has("cachesize") && !version.equals("v1")) {
      invalid(
          path + ".cachesize",
          config.path("cachesize").toString(),
          "cachesize is not supported in v2");
    }
    if (version.equals("v1")) {
      errors.add(
          "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2"
              + " instead.");
    } else if (!version.equals("v2")) {
      invalid(
          path + ".apiVersion",
          quote(version),
          "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported");
    }
    return new EncryptionConfiguration.Provider.Kms(
        name, endpoint.startsWith("unix://") ? endpoint.substring(7) : endpoint, timeout);
  }

  private Duration timeout(JsonNode config, String path) {
    String text = config.path("timeout").asText("3s");
    Duration timeout;
    try {
      String upper = text.toUpperCase(Locale.ROOT);
      timeout =
          upper.endsWith("MS")
              ? Duration.ofMillis(Long.parseLong(upper.substring(0, upper.length() - 2)))
              : Duration.parse("PT" + upper);
    } catch (DateTimeParseException | NumberFormatException e) {
      invalid(path, quote(text), "time: invalid duration " + quote(text));
      return Duration.ofSeconds(3);
    }
    if (timeout.isZero() || timeout.isNegative()) {
      invalid(path, quote(text), "timeout should be a positive value");
    }
    return timeout;
  }

  private void required(String path, String why) {
    errors.add(path + ": Required value: " + why);
  }

  private void invalid(String path, String value, String why) {
    errors.add(path + ": Invalid value: " + value + ": " + why);
  }

  private static String quote(String text) {
    return Json.object().textNode(text).toString();
  }

  private static String list(List<String> values) {
    return "[" + String.join(",", values.stream().map(ConfigurationReader::quote).toList()) + "]";
  }
}
