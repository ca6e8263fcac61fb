package dev.coracle.cli.rbac;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Yaml;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.rbac.SmallestPolicy;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.config.ApiConnection;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code coracle rbac record}: the least rights that a command needs, found by running it. */
@Command(
    name = "record",
    description = {
      "Runs COMMAND with a kubeconfig of its own (KUBECONFIG), and prints the smallest roles and"
          + " bindings that allow what it asked for.",
      "Exit code: COMMAND's."
    },
    mixinStandardHelpOptions = true)
final class RbacRecordCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final ClusterAccess access = new ClusterAccess();

  @Option(
      names = "--as",
      paramLabel = "IDENTITY",
      description =
          "Who COMMAND is: a user or system:serviceaccount:NAMESPACE:NAME (default: a temporary"
              + " ServiceAccount that may do everything).",
      defaultValue = "")
  private String identity = "";

  @Option(names = "--as-group", paramLabel = "GROUP", description = "A group of that user.")
  private List<String> groups = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Of the roles and bindings (default: ${DEFAULT-VALUE}).",
      defaultValue = "recorded")
  private String name = "";

  @Option(
      names = "--subject",
      paramLabel = "IDENTITY",
      description = "Whom to bind (default: --as, or the ServiceAccount called --name).",
      defaultValue = "")
  private String subject = "";

  @Option(
      names = "--resource-names",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Rights on the very objects that were named, not on their kind; --no-resource-names when"
              + " the names differ each time.")
  private boolean resourceNames;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Where the YAML goes (default: standard output; COMMAND's own then goes to standard"
              + " error).")
  private @Nullable Path output;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "1..*",
      description = "The program and its arguments, after --.")
  private List<String> command = new ArrayList<>();

  private volatile @Nullable Process running;

  @Override
  public Integer call() throws Exception {
    ConnectionConfig config = access.config();
    try (HttpsTransport transport = access.transport(config)) {
      Client client = new Client(transport);
      Set<String> namespaces =
          client.list(GroupVersionResource.core("namespaces"), "", ListOptions.ALL).items().stream()
              .map(KubeObject::name)
              .collect(Collectors.toSet());
      try (RecordedIdentity recorded =
          identity.isEmpty()
              ? RecordedIdentity.temporary(client, config)
              : RecordedIdentity.of(client, config, Identity.of(identity, groups))) {
        Thread atInterrupt = new Thread(() -> interrupted(recorded), "remove-identity");
        Runtime.getRuntime().addShutdownHook(atInterrupt);
        try {
          return record(config, recorded, namespaces);
        } finally {
          forget(atInterrupt);
        }
      }
    }
  }

  private void interrupted(RecordedIdentity recorded) {
    Process process = running;
    if (process != null) {
      process.destroy();
    }
    recorded.close();
  }

  private static void forget(Thread atInterrupt) {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(atInterrupt);
    } catch (IllegalStateException interrupted) {
      // The process ends, and the hook runs.
      return;
    }
  }

  private int record(ConnectionConfig config, RecordedIdentity recorded, Set<String> namespaces)
      throws IOException, InterruptedException {
    Path kubeconfig =
        Files.createTempFile(
            "coracle-record-",
            ".kubeconfig",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (HttpClient http = new HttpClient(1);
        ApiConnection server = new ApiConnection(http, config)) {
      kubeconfig.toFile().deleteOnExit();
      Files.write(kubeconfig, Json.write(recorded.kubeconfig()));
      try (Recording recording = new Recording(server, recorded.identity().user())) {
        int code = run(kubeconfig);
        lastRequest(http, kubeconfig, recorded, recording.lastPath());
        Set<AuthorizationAttributes> requests = recording.requests();
        write(policy(config).of(requests, namespaces));
        report(requests.size(), recording.denied());
        return code;
      }
    } finally {
      Files.deleteIfExists(kubeconfig);
    }
  }

  private int run(Path kubeconfig) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    if (output == null) {
      builder.redirectOutput(ProcessBuilder.Redirect.PIPE);
    }
    Process process;
    try {
      process = builder.start();
      running = process;
    } catch (IOException e) {
      throw new IOException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
    }
    try (InputStream printed = process.getInputStream()) {
      long unused = printed.transferTo(System.err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return process.waitFor();
  }

  private static void lastRequest(
      HttpClient http, Path kubeconfig, RecordedIdentity recorded, String path) throws IOException {
    ConnectionConfig config = KubeconfigReader.read(kubeconfig.toString(), "", Map.of());
    if (config == null) {
      throw new IOException(kubeconfig + " is gone");
    }
    Headers headers = Headers.of("User-Agent", "coracle");
    if (!recorded.identity().isServiceAccount()) {
      headers.add("Impersonate-User", recorded.identity().user().name());
      recorded.identity().user().groups().forEach(group -> headers.add("Impersonate-Group", group));
    }
    try (ApiConnection connection = new ApiConnection(http, config);
        ClientResponse response =
            connection.send(
                ClientRequest.of("GET", connection.basePath() + path, headers), PATIENCE)) {
      if (response.status() == 401) {
        throw new IOException("the server no longer knows " + recorded.identity().user().name());
      }
    }
  }

  private SmallestPolicy policy(ConnectionConfig config) {
    String whom =
        !subject.isEmpty()
            ? subject
            : !identity.isEmpty()
                ? identity
                : "system:serviceaccount:" + config.namespace() + ":" + name;
    return new SmallestPolicy(name, Identity.of(whom, List.of()).subject(), resourceNames);
  }

  private void write(List<ObjectNode> documents) throws IOException {
    StringBuilder yaml = new StringBuilder();
    for (ObjectNode document : documents) {
      yaml.append(yaml.isEmpty() ? "" : "---\n")
          .append(new String(Yaml.write(document), StandardCharsets.UTF_8));
    }
    if (documents.isEmpty()) {
      yaml.append("# Nothing is needed beyond what every identity may do.\n");
    }
    Path file = output;
    if (file != null) {
      Files.writeString(file, yaml);
      return;
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(yaml);
    out.flush();
  }

  private void report(int requests, Set<AuthorizationAttributes> denied) {
    PrintWriter err = spec.commandLine().getErr();
    if (requests == 0) {
      err.println("coracle: the command asked the cluster for nothing; it must heed KUBECONFIG");
    }
    for (AuthorizationAttributes request : denied) {
      err.println(
          "coracle: denied, and in the roles all the same: "
              + request.verb()
              + " "
              + (request.isResourceRequest() ? request.combinedResource() : request.path()));
    }
  }
}
