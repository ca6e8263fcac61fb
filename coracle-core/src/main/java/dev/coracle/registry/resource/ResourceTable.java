package dev.coracle.registry.resource;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.registry.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The built-in resources: the rows of {@code resources.tsv}, which describes its own columns. */
public final class ResourceTable {

  /**
   * A row.
   *
   * @param countsGeneration whether {@code metadata.generation} counts changes of what is wanted
   * @param answersDeleted whether a finished deletion answers with the object
   * @param virtual whether nothing of it is stored
   */
  public record Row(
      ResourceType type, boolean countsGeneration, boolean answersDeleted, boolean virtual) {}

  static final Set<String> ALL_VERBS = verbs("cdDglpuw");

  private ResourceTable() {}

  /** The rows in the order of discovery: groups by their priority, preferred versions first. */
  public static List<Row> load() {
    try (InputStream in = ResourceTable.class.getResourceAsStream("resources.tsv")) {
      if (in == null) {
        throw new IllegalStateException("resources.tsv is not on the classpath");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<Row> rows = new ArrayList<>(80);
      for (String line : text.split("\n", -1)) {
        if (!line.isEmpty() && line.charAt(0) != '#') {
          rows.add(row(line.split("\t", -1)));
        }
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Row row(String[] cells) {
    String group = orEmpty(cells[0]);
    String version = cells[1];
    String kind = cells[4];
    String stored = orEmpty(cells[9]);
    String flags = cells[10];
    ResourceType type =
        new ResourceType(
            group,
            version,
            stored.isEmpty() ? version : stored.substring(stored.indexOf('/') + 1),
            cells[2],
            cells[3],
            kind,
            kind + "List",
            cells[5].equals("N"),
            list(cells[6]),
            list(cells[7]),
            cells[8].equals("*") ? ALL_VERBS : verbs(cells[8]),
            subresources(group, version, cells[12]),
            list(cells[11]),
            false,
            deprecation(group, kind));
    return new Row(type, flags.indexOf('G') >= 0, flags.indexOf('R') >= 0, flags.indexOf('V') >= 0);
  }

  private static String deprecation(String group, String kind) {
    return switch (group + "/" + kind) {
      case "/ComponentStatus" -> "v1 ComponentStatus is deprecated in v1.19+";
      case "/Endpoints" ->
          "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
      default -> "";
    };
  }

  private static Map<String, ResourceType.Subresource> subresources(
      String group, String version, String cell) {
    if (cell.equals("-")) {
      return Map.of();
    }
    Map<String, ResourceType.Subresource> found = new LinkedHashMap<>();
    for (String word : cell.split(" ", -1)) {
      String[] parts = word.split(":", -1);
      String[] kind = parts[1].split("/", -1);
      found.put(
          parts[0],
          new ResourceType.Subresource(
              parts[0],
              kind.length == 1
                  ? new GroupVersionKind(group, version, kind[0])
                  : new GroupVersionKind(kind[0], kind[1], kind[2]),
              verbs(parts[2])));
    }
    return found;
  }

  static Set<String> verbs(String letters) {
    Set<String> verbs = new LinkedHashSet<>();
    for (int i = 0; i < letters.length(); i++) {
      verbs.add(
          switch (letters.charAt(i)) {
            case 'c' -> "create";
            case 'd' -> "delete";
            case 'D' -> "deletecollection";
            case 'g' -> "get";
            case 'l' -> "list";
            case 'p' -> "patch";
            case 'u' -> "update";
            case 'w' -> "watch";
            default -> throw new IllegalArgumentException(letters);
          });
    }
    return verbs;
  }

  private static List<String> list(String cell) {
    return cell.equals("-") ? List.of() : List.of(cell.split(",", -1));
  }

  private static String orEmpty(String cell) {
    return cell.equals("-") ? "" : cell;
  }
}
