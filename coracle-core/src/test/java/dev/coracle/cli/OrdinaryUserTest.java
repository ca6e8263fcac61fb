package dev.coracle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cli.CoracleProcess.Output;
import dev.coracle.cli.CoracleProcess.Up;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of a user without any rights; root becomes one for these. */
class OrdinaryUserTest {

  private static final String SERVICE_ACCOUNT =
      "S=$CONTAINER_SANDBOX_MOUNT_POINT/var/run/secrets/kubernetes.io/serviceaccount; ";

  /** What kubectl says of the port that it chose. */
  private static final Pattern FORWARDED =
      Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d+) ->");

  @TempDir Path home;
  private CoracleProcess coracle;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(CoracleProcess.isRoot(), "becoming another user needs root");
    coracle = CoracleProcess.asOrdinaryUser(home);
  }

  private String inPod(String script) {
    Output output = coracle.program("kubectl", "exec", "self", "--", "sh", "-c", script);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  @Test
  void up_directoryOfAnotherUser_exits4() throws Exception {
    Files.createDirectories(coracle.data());
    Output output = coracle.run("up", "--listen=127.0.0.1:0");
    assertThat(output.exitCode()).isEqualTo(4);
    assertThat(output.text()).contains("can't be written (permission denied)");
  }

  @Test
  void directoryNotForAnotherUser_isNotTakenForNone() throws Exception {
    Files.createDirectory(
        coracle.data(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (String command : List.of("status", "down", "reset --yes")) {
      Output output = coracle.run(command.split(" ", -1));
      assertThat(output.exitCode()).isEqualTo(4);
      assertThat(output.text()).contains("can't be read (permission denied)");
    }
  }

  @Test
  void up_withoutRights_saysWhatIsDegradedAndRunsPods() throws Exception {
    Up up = coracle.up();
    try {
      assertThat(up.text().lines().filter(line -> line.startsWith("  note ")))
          .hasSize(2)
          .anyMatch(line -> line.contains("cluster IPs and cluster DNS don't work"))
          .anyMatch(line -> line.contains("Pods are plain processes"));
      assertThat(
              coracle
                  .apply(
                      """
                      apiVersion: rbac.authorization.k8s.io/v1
                      kind: ClusterRoleBinding
                      metadata: {name: view}
                      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                      subjects: [{kind: ServiceAccount, name: default, namespace: default}]
                      ---
                      apiVersion: v1
                      kind: Pod
                      metadata: {name: self, labels: {app: me}}
                      spec:
                        containers:
                        - name: main
                          image: host
                          command: [sh, -c, "echo I am $NAME at $IP; trap 'exit 0' TERM; sleep 3600 & wait"]
                          env:
                          - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                          - {name: IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
                          volumeMounts: [{name: about, mountPath: /etc/podinfo}]
                        volumes:
                        - name: about
                          downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
                      """)
                  .exitCode())
          .isZero();
      assertThat(
              coracle
                  .program("kubectl", "wait", "--for=condition=Ready", "pod/self", "--timeout=2m")
                  .exitCode())
          .isZero();
      Awaitility.await()
          .until(
              () ->
                  coracle
                      .program("kubectl", "logs", "self")
                      .text()
                      .equals("I am self at 127.0.0.1\n"));
      assertThat(inPod("id -u; cat $CONTAINER_SANDBOX_MOUNT_POINT/etc/podinfo/labels"))
          .isEqualTo("65534\napp=\"me\"");
      assertThat(
              inPod(
                  SERVICE_ACCOUNT
                      + "curl -sS --max-time 120 --cacert $S/ca.crt"
                      + " -H \"Authorization: Bearer $(cat $S/token)\""
                      + " https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
                      + "/api/v1/namespaces/$(cat $S/namespace)/pods/self"))
          .contains("\"name\": \"self\"");
      portForward();
    } finally {
      up.signal("TERM");
      int unused = up.await();
    }
    assertThat(CoracleProcess.processes("I am $NAME at $IP")).isEmpty();
  }

  /** The API server itself through a port of the Pod, which is a port of this machine. */
  private void portForward() throws Exception {
    int server = Integer.parseInt(inPod("echo $KUBERNETES_SERVICE_PORT").strip());
    Path forwarded = home.resolve("forward.log");
    ProcessBuilder builder =
        new ProcessBuilder("kubectl", "port-forward", "pod/self", ":" + server);
    builder.environment().put("KUBECONFIG", home.resolve("kubeconfig").toString());
    builder.redirectErrorStream(true).redirectOutput(forwarded.toFile());
    Process forward = builder.start();
    try {
      Awaitility.await().until(() -> FORWARDED.matcher(Files.readString(forwarded)).find());
      Matcher local = FORWARDED.matcher(Files.readString(forwarded));
      assertThat(local.find()).isTrue();
      assertThat(
              coracle
                  .program(
                      "curl",
                      "-sSk",
                      "--max-time",
                      "120",
                      "https://127.0.0.1:" + local.group(1) + "/version")
                  .text())
          .contains("\"major\": \"1\"");
    } finally {
      forward.destroy();
      int unused = forward.waitFor();
    }
  }
}
