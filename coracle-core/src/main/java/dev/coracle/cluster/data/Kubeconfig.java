package dev.coracle.cluster.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.StreamDataWriter;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Serialize;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.emitter.Emitter;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * kubeconfig files (kubectl's {@code Config} v1): one of our own, and the entry named {@code
 * coracle} in the user's. Other entries, unknown fields, their order and comments stay as they are;
 * a file that can't be read as YAML is left alone.
 */
public final class Kubeconfig {

  /** The name of the cluster, the user and the context. */
  public static final String NAME = "coracle";

  /** How to reach the cluster as its administrator; certificates and key as PEM. */
  public record Access(
      String server, String authority, String clientCertificate, String clientKey) {}

  private Kubeconfig() {}

  /** The text of a kubeconfig with this access and nothing else. */
  public static String text(Access access) {
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: %1$s
          cluster:
            certificate-authority-data: %3$s
            server: %2$s
        contexts:
        - name: %1$s
          context:
            cluster: %1$s
            user: %1$s
        current-context: %1$s
        users:
        - name: %1$s
          user:
            client-certificate-data: %4$s
            client-key-data: %5$s
        """
        .formatted(
            NAME,
            access.server(),
            base64(access.authority()),
            base64(access.clientCertificate()),
            base64(access.clientKey()));
  }

  /** The file that kubectl would write to: the first of KUBECONFIG, else {@code ~/.kube/config}. */
  public static Path userFile(Map<String, String> environment) {
    String list = environment.getOrDefault("KUBECONFIG", "");
    for (String file : list.split(":", -1)) {
      if (!file.isBlank()) {
        return Path.of(file);
      }
    }
    String home = environment.getOrDefault("HOME", System.getProperty("user.home", "/root"));
    return Path.of(home, ".kube", "config");
  }

  /**
   * Puts the entry into a file and makes it the current context; makes the file if there is none.
   *
   * @throws IOException when the file can't be read or written, or is not a kubeconfig (then it is
   *     untouched)
   */
  public static void merge(Path file, Access access) throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      write(file, text(access));
      return;
    }
    MappingNode config = read(file);
    MappingNode own = parse(text(access), file);
    for (String list : new String[] {"clusters", "contexts", "users"}) {
      putNamed(config, list, namedItem(own, list));
    }
    put(config, "current-context", scalar(NAME));
    write(file, dump(config));
  }

  /**
   * Takes the entry out of a file again; the current context is unset if it was ours.
   *
   * @return whether anything was there
   */
  public static boolean remove(Path file) throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      return false;
    }
    MappingNode config = read(file);
    boolean found = false;
    for (String list : new String[] {"clusters", "contexts", "users"}) {
      if (get(config, list) instanceof SequenceNode items) {
        found |= items.getValue().removeIf(item -> NAME.equals(nameOf(item)));
      }
    }
    if (get(config, "current-context") instanceof ScalarNode current
        && current.getValue().equals(NAME)) {
      put(config, "current-context", scalar(""));
      found = true;
    }
    if (found) {
      write(file, dump(config));
    }
    return found;
  }

  private static MappingNode read(Path file) throws IOException {
    return parse(Files.readString(file), file);
  }

  private static MappingNode parse(String yaml, Path file) throws IOException {
    LoadSettings settings =
        LoadSettings.builder().setParseComments(true).setLabel(file.toString()).build();
    try {
      Node node =
          new Compose(settings)
              .composeString(yaml)
              .orElseThrow(() -> new IOException(file + " is empty but for comments"));
      if (node instanceof MappingNode mapping) {
        return mapping;
      }
    } catch (YamlEngineException e) {
      throw new IOException(
          file + " is not valid YAML; it was left as it is: " + firstLine(e.getMessage()), e);
    }
    throw new IOException(file + " is not a kubeconfig; it was left as it is");
  }

  private static String firstLine(@Nullable String text) {
    return text == null ? "" : text.lines().findFirst().orElse("");
  }

  private static String dump(Node node) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDumpComments(true)
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setWidth(1 << 20)
            .setSplitLines(false)
            .build();
    StringBuilder text = new StringBuilder();
    Emitter emitter =
        new Emitter(
            settings,
            new StreamDataWriter() {
              @Override
              public void write(String part) {
                text.append(part);
              }

              @Override
              public void write(String part, int offset, int length) {
                text.append(part, offset, offset + length);
              }
            });
    new Serialize(settings).serializeOne(node).forEach(emitter::emit);
    return text.toString();
  }

  /** Written beside the file (behind its links) and moved over it, with its own mode or 0600. */
  private static void write(Path file, String text) throws IOException {
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    var mode =
        Files.exists(target)
            ? Files.getPosixFilePermissions(target)
            : PosixFilePermissions.fromString("rw-------");
    Path temporary =
        Files.createTempFile(
            target.getParent(),
            ".config-",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(temporary, text);
      Files.setPosixFilePermissions(temporary, mode);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void putNamed(MappingNode config, String list, Node item) {
    if (get(config, list) instanceof SequenceNode items && items.getFlowStyle() != null) {
      List<Node> value = items.getValue();
      for (int i = 0; i < value.size(); i++) {
        if (NAME.equals(nameOf(value.get(i)))) {
          value.set(i, item);
          return;
        }
      }
      if (!value.isEmpty()) {
        value.add(item);
        return;
      }
    }
    List<Node> items = new ArrayList<>();
    items.add(item);
    put(config, list, new SequenceNode(Tag.SEQ, items, FlowStyle.BLOCK));
  }

  private static Node namedItem(MappingNode config, String list) {
    if (get(config, list) instanceof SequenceNode items) {
      return items.getValue().get(0);
    }
    throw new IllegalStateException("no " + list);
  }

  private static @Nullable String nameOf(Node item) {
    return item instanceof MappingNode mapping && get(mapping, "name") instanceof ScalarNode name
        ? name.getValue()
        : null;
  }

  private static @Nullable Node get(MappingNode mapping, String key) {
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key)) {
        return tuple.getValueNode();
      }
    }
    return null;
  }

  private static void put(MappingNode mapping, String key, Node value) {
    List<NodeTuple> tuples = mapping.getValue();
    for (int i = 0; i < tuples.size(); i++) {
      if (tuples.get(i).getKeyNode() instanceof ScalarNode scalar
          && scalar.getValue().equals(key)) {
        tuples.set(i, new NodeTuple(tuples.get(i).getKeyNode(), value));
        return;
      }
    }
    tuples.add(new NodeTuple(scalar(key), value));
  }

  private static ScalarNode scalar(String value) {
    return new ScalarNode(
        Tag.STR, value, value.isEmpty() ? ScalarStyle.DOUBLE_QUOTED : ScalarStyle.PLAIN);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
