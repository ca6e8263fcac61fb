package dev.coracle.registry.encryption;

/** What a rule is for; {@code *} stands for all resources of a group, or all groups. */
record GroupResource(String group, String resource) {

  static final GroupResource EVERYTHING = new GroupResource("*", "*");

  /** Reads {@code secrets}, {@code deployments.apps}, {@code *.}, {@code *.apps} or {@code *.*}. */
  static GroupResource parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new GroupResource("", text)
        : new GroupResource(text.substring(dot + 1), text.substring(0, dot));
  }

  GroupResource wholeGroup() {
    return new GroupResource(group, "*");
  }

  @Override
  public String toString() {
    return group.isEmpty() ? (resource.equals("*") ? "*." : resource) : resource + "." + group;
  }
}
