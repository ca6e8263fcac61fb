package dev.coracle.apiserver.connect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.Query;

/** The query of a connection as an object, such as {@code PodExecOptions}: what admission sees. */
public final class ConnectOptions {

  private ConnectOptions() {}

  public static ObjectNode of(GroupVersionKind kind, ApiRequest request) {
    ObjectNode options =
        Json.object().put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
    Query query = request.query();
    switch (kind.kind()) {
      case "PodExecOptions", "PodAttachOptions" -> {
        for (String flag : new String[] {"stdin", "stdout", "stderr", "tty"}) {
          if (query.flag(flag)) {
            options.put(flag, true);
          }
        }
        if (!query.first("container").isEmpty()) {
          options.put("container", query.first("container"));
        }
        if (kind.kind().equals("PodExecOptions")) {
          ArrayNode command = Json.array();
          query.all("command").forEach(command::add);
          options.set("command", command);
        }
      }
      case "PodPortForwardOptions" -> {
        ArrayNode ports = Json.array();
        for (String list : query.all("ports")) {
          for (String port : list.split(",", -1)) {
            if (port.matches("\\d{1,9}")) {
              ports.add(Integer.parseInt(port));
            }
          }
        }
        if (!ports.isEmpty()) {
          options.set("ports", ports);
        }
      }
      default -> {
        String rest = request.info().rest();
        String path = query.first("path");
        if (!rest.isEmpty() || !path.isEmpty()) {
          options.put("path", rest.isEmpty() ? path : "/" + rest);
        }
      }
    }
    return options;
  }
}
