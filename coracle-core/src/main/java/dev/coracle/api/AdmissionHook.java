package dev.coracle.api;

/**
 * Admission as the registry calls it: once for the mutating plugins, after defaulting, and once for
 * the validating ones, when the object is as it would be stored. A refusal is a {@link
 * StatusException}.
 */
public interface AdmissionHook {

  AdmissionHook NONE =
      new AdmissionHook() {
        @Override
        public void mutate(AdmissionAttributes attributes) {}

        @Override
        public void validate(AdmissionAttributes attributes) {}
      };

  /** May change {@code attributes.object()} in place. */
  void mutate(AdmissionAttributes attributes);

  void validate(AdmissionAttributes attributes);
}
