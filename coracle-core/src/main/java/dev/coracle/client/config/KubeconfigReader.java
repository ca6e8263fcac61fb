package dev.coracle.client.config;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads kubeconfig files as kubectl does: an explicit one, else those that KUBECONFIG lists (the
 * first to name a thing wins), else {@code ~/.kube/config}. It reads YAML as plain maps, since the
 * ambassador must stay small.
 */
public final class KubeconfigReader {

  /** One entry of clusters, contexts or users, and the directory that its files are relative to. */
  private record Entry(Map<?, ?> fields, Path directory) {
    String text(String name) {
      Object value = fields.get(name);
      return value == null ? "" : value.toString();
    }

    boolean flag(String name) {
      return Boolean.TRUE.equals(fields.get(name));
    }

    /** Data in base64 wins over a file. */
    Material material(String dataField, String fileField) {
      String data = text(dataField);
      if (!data.isEmpty()) {
        return new Material.Data(Base64.getMimeDecoder().decode(data));
      }
      String file = text(fileField);
      return file.isEmpty() ? Material.NONE : new Material.InFile(directory.resolve(file));
    }
  }

  private final Map<String, Entry> clusters = new LinkedHashMap<>();
  private final Map<String, Entry> contexts = new LinkedHashMap<>();
  private final Map<String, Entry> users = new LinkedHashMap<>();
  private String currentContext = "";

  private KubeconfigReader() {}

  /**
   * @param explicit a file; empty for the usual ones
   * @param context empty for the current one
   * @return null when there is no kubeconfig at all, or none that was asked for or has a current
   *     context: a Pod's own identity may do instead
   * @throws IOException in a sentence, when a file or the context is of no use
   */
  public static @Nullable ConnectionConfig read(
      String explicit, String context, Map<String, String> environment) throws IOException {
    KubeconfigReader reader = new KubeconfigReader();
    boolean found = false;
    for (Path file : files(explicit, environment)) {
      if (Files.isRegularFile(file)) {
        reader.add(file);
        found = true;
      } else if (!explicit.isEmpty()) {
        throw new IOException("stat " + file + ": no such file or directory");
      }
    }
    boolean chosen = !context.isEmpty() || !reader.currentContext.isEmpty() || !explicit.isEmpty();
    return found && chosen ? reader.config(context) : null;
  }

  private static List<Path> files(String explicit, Map<String, String> environment) {
    if (!explicit.isEmpty()) {
      return List.of(Path.of(explicit));
    }
    List<Path> files = new ArrayList<>();
    for (String name : environment.getOrDefault("KUBECONFIG", "").split(File.pathSeparator, -1)) {
      if (!name.isEmpty()) {
        files.add(Path.of(name));
      }
    }
    if (files.isEmpty()) {
      // Without HOME there is none, as for kubectl: a Pod on the host's root is not its user.
      String home = environment.getOrDefault("HOME", "");
      if (!home.isEmpty()) {
        files.add(Path.of(home, ".kube", "config"));
      }
    }
    return files;
  }

  /** In one line; {@code api.Yaml}, which says the same, is no class of the ambassador. */
  private static String problem(YamlEngineException e) {
    return e instanceof MarkedYamlEngineException marked && marked.getProblemMark().isPresent()
        ? "yaml: line " + (marked.getProblemMark().get().getLine() + 1) + ": " + marked.getProblem()
        : "yaml: " + e.getMessage();
  }

  private void add(Path file) throws IOException {
    Object document;
    try {
      LoadSettings settings = LoadSettings.builder().build();
      document = new Load(settings).loadFromString(Files.readString(file));
    } catch (YamlEngineException e) {
      throw new IOException("error loading config file \"" + file + "\": " + problem(e), e);
    }
    if (document == null) {
      return;
    }
    if (!(document instanceof Map<?, ?> fields)) {
      throw new IOException("error loading config file \"" + file + "\": not a mapping");
    }
    Path directory = file.toAbsolutePath().getParent();
    Path base = directory == null ? Path.of("/") : directory;
    collect(fields, "clusters", "cluster", base, clusters);
    collect(fields, "contexts", "context", base, contexts);
    collect(fields, "users", "user", base, users);
    if (currentContext.isEmpty() && fields.get("current-context") instanceof String name) {
      currentContext = name;
    }
  }

  private static void collect(
      Map<?, ?> fields, String list, String field, Path directory, Map<String, Entry> into) {
    if (!(fields.get(list) instanceof List<?> entries)) {
      return;
    }
    for (Object each : entries) {
      if (each instanceof Map<?, ?> named
          && named.get("name") != null
          && named.get(field) instanceof Map<?, ?> content) {
        into.putIfAbsent(String.valueOf(named.get("name")), new Entry(content, directory));
      }
    }
  }

  private ConnectionConfig config(String wanted) throws IOException {
    String name = wanted.isEmpty() ? currentContext : wanted;
    Entry context = contexts.get(name);
    if (context == null) {
      throw new IOException(
          name.isEmpty()
              ? "the kubeconfig has no current context"
              : "context \"" + name + "\" does not exist");
    }
    Entry cluster = clusters.get(context.text("cluster"));
    if (cluster == null || cluster.text("server").isEmpty()) {
      throw new IOException("cluster \"" + context.text("cluster") + "\" does not exist");
    }
    String userName = context.text("user");
    Entry user = users.get(userName);
    if (user == null && !userName.isEmpty()) {
      throw new IOException("auth info \"" + userName + "\" does not exist");
    }
    Entry identity = user == null ? new Entry(Map.of(), Path.of("/")) : user;
    if (identity.fields().get("exec") != null || identity.fields().get("auth-provider") != null) {
      throw new IOException(
          "auth info \"" + userName + "\" needs a credential plugin, which is not supported here");
    }
    return config(context, cluster, identity);
  }

  private static ConnectionConfig config(Entry context, Entry cluster, Entry identity)
      throws IOException {
    String namespace = context.text("namespace");
    String basic =
        identity.text("username").isEmpty()
            ? ""
            : identity.text("username") + ":" + identity.text("password");
    Material token =
        identity.text("tokenFile").isEmpty()
            ? identity.text("token").isEmpty()
                ? Material.NONE
                : new Material.Data(
                    identity.text("token").getBytes(java.nio.charset.StandardCharsets.UTF_8))
            : new Material.InFile(identity.directory().resolve(identity.text("tokenFile")));
    try {
      return new ConnectionConfig(
          server(cluster.text("server")),
          cluster.text("tls-server-name"),
          cluster.flag("insecure-skip-tls-verify"),
          cluster.material("certificate-authority-data", "certificate-authority"),
          identity.material("client-certificate-data", "client-certificate"),
          identity.material("client-key-data", "client-key"),
          token,
          basic,
          namespace.isEmpty() ? "default" : namespace);
    } catch (IllegalArgumentException e) {
      throw new IOException("invalid kubeconfig: " + e.getMessage(), e);
    }
  }

  private static URI server(String text) {
    return URI.create(text.contains("://") ? text : "http://" + text);
  }
}
