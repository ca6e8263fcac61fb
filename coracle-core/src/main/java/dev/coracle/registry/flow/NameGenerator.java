package dev.coracle.registry.flow;

import java.util.random.RandomGenerator;

/** The names that generateName makes: the base and five characters that spell no words. */
public final class NameGenerator {

  private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
  private static final int RANDOM = 5;
  private static final int LONGEST_BASE = 63 - RANDOM;

  private final RandomGenerator random;

  public NameGenerator(RandomGenerator random) {
    this.random = random;
  }

  public String generate(String base) {
    StringBuilder name =
        new StringBuilder(base.length() > LONGEST_BASE ? base.substring(0, LONGEST_BASE) : base);
    synchronized (random) {
      for (int i = 0; i < RANDOM; i++) {
        name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
      }
    }
    return name.toString();
  }
}
