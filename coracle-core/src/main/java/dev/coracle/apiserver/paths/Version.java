package dev.coracle.apiserver.paths;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Locale;

/** Which Kubernetes this is: the body of {@code /version}. */
public final class Version {

  /** The release whose API this server has. */
  public static final String GIT_VERSION = "v1.36.2";

  private Version() {}

  public static byte[] json() {
    ObjectNode json = Json.object();
    json.put("major", "1");
    json.put("minor", "36");
    json.put("emulationMajor", "1");
    json.put("emulationMinor", "36");
    json.put("minCompatibilityMajor", "1");
    json.put("minCompatibilityMinor", "35");
    json.put("gitVersion", GIT_VERSION);
    json.put("gitCommit", "coracle");
    json.put("gitTreeState", "clean");
    json.put("buildDate", "2026-11-21T00:00:00Z");
    json.put("goVersion", "none");
    json.put("compiler", "java" + Runtime.version().feature());
    json.put(
        "platform",
        System.getProperty("os.name", "linux").toLowerCase(Locale.ROOT)
            + "/"
            + System.getProperty("os.arch", "amd64"));
    return Json.write(json);
  }

  /** The values of {@code kubernetes_build_info}'s labels, in their order. */
  static String[] labels() {
    ObjectNode json = Json.readObject(json());
    return new String[] {
      json.path("buildDate").asText(),
      json.path("compiler").asText(),
      json.path("gitCommit").asText(),
      json.path("gitTreeState").asText(),
      json.path("gitVersion").asText(),
      json.path("goVersion").asText(),
      json.path("major").asText(),
      json.path("minor").asText(),
      json.path("platform").asText()
    };
  }
}
