package dev.coracle.registry.encryption;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The transformer of each resource, as one reading of the configuration says. */
final class Transformers implements AutoCloseable {

  private static final Transformer IDENTITY = new Identity();

  /** What values go through when there is no configuration. */
  static final Transformers NONE = new Transformers(Map.of(), List.of());

  private final Map<GroupResource, Transformer> rules;
  private final List<KmsProvider> services;
  private final Map<String, Transformer> byKind = new ConcurrentHashMap<>();

  private Transformers(Map<GroupResource, Transformer> rules, List<KmsProvider> services) {
    this.rules = rules;
    this.services = services;
  }

  /**
   * @throws IOException when a rule hides another, or a service can't be used
   */
  static Transformers of(EncryptionConfiguration configuration) throws IOException {
    Map<GroupResource, List<PrefixTransformers.Prefixed>> rules = new HashMap<>();
    List<KmsProvider> services = new ArrayList<>();
    try {
      for (EncryptionConfiguration.Rule rule : configuration.rules()) {
        List<PrefixTransformers.Prefixed> transformers = new ArrayList<>();
        for (EncryptionConfiguration.Provider provider : rule.providers()) {
          transformers.add(prefixed(provider, services));
        }
        for (GroupResource resource : rule.resources()) {
          for (GroupResource wider : List.of(resource.wholeGroup(), GroupResource.EVERYTHING)) {
            if (rules.containsKey(wider)) {
              throw new IOException(
                  "resource \"" + resource + "\" is masked by earlier rule \"" + wider + "\"");
            }
          }
          rules.computeIfAbsent(resource, any -> new ArrayList<>()).addAll(transformers);
        }
      }
    } catch (IOException | RuntimeException e) {
      services.forEach(KmsProvider::close);
      throw e;
    }
    Map<GroupResource, Transformer> transformers = new HashMap<>();
    rules.forEach(
        (resource, providers) ->
            transformers.put(
                resource,
                new PrefixTransformers("no matching prefix found", List.copyOf(providers))));
    return new Transformers(transformers, services);
  }

  private static PrefixTransformers.Prefixed prefixed(
      EncryptionConfiguration.Provider provider, List<KmsProvider> services) throws IOException {
    return switch (provider) {
      case EncryptionConfiguration.Provider.Plain _ -> PrefixTransformers.Prefixed.of("", IDENTITY);
      case EncryptionConfiguration.Provider.Keys keys ->
          PrefixTransformers.Prefixed.of(
              "k8s:enc:" + keys.cipher().text() + ":v1:",
              new PrefixTransformers(
                  "no matching key was found for the provided "
                      + keys.cipher().title()
                      + " transformer",
                  keys.keys().stream()
                      .map(
                          key ->
                              PrefixTransformers.Prefixed.of(
                                  key.name() + ":", keys.cipher().transformer(key.secret())))
                      .toList()));
      case EncryptionConfiguration.Provider.Kms kms -> {
        KmsProvider service = new KmsProvider(kms);
        services.add(service);
        service.start();
        yield PrefixTransformers.Prefixed.of("k8s:enc:kms:v2:" + kms.name() + ":", service);
      }
    };
  }

  /**
   * @param key {@code /registry/GROUP/RESOURCE/...}
   */
  Transformer of(String key) {
    if (rules.isEmpty()) {
      return IDENTITY;
    }
    int group = key.indexOf('/', 1);
    int resource = key.indexOf('/', group + 1);
    int end = resource < 0 ? -1 : key.indexOf('/', resource + 1);
    if (group < 0 || end < 0) {
      return IDENTITY;
    }
    return byKind.computeIfAbsent(
        key.substring(group + 1, end),
        kind -> {
          int slash = kind.indexOf('/');
          String name = kind.substring(0, slash);
          GroupResource exact =
              new GroupResource(name.equals("core") ? "" : name, kind.substring(slash + 1));
          Transformer found = rules.get(exact);
          if (found == null) {
            found = rules.get(exact.wholeGroup());
          }
          if (found == null) {
            found = rules.get(GroupResource.EVERYTHING);
          }
          return found == null ? IDENTITY : found;
        });
  }

  List<KmsProvider> services() {
    return services;
  }

  @Override
  public void close() {
    services.forEach(KmsProvider::close);
  }
}
