package dev.coracle.controller;

import java.util.concurrent.ThreadLocalRandom;

/** Made-up parts of names, in the letters that Kubernetes uses for them. */
public final class Names {

  private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private Names() {}

  /** Letters and digits that form no words. */
  public static String random(int length) {
    StringBuilder name = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      name.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return name.toString();
  }

  /** A number's decimal digits in those letters. */
  public static String safe(long number) {
    String digits = Long.toString(number);
    StringBuilder name = new StringBuilder(digits.length());
    for (int i = 0; i < digits.length(); i++) {
      name.append(LETTERS.charAt(digits.charAt(i) % LETTERS.length()));
    }
    return name.toString();
  }
}
