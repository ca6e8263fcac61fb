package dev.coracle.node.volumes;

/** A volume cannot be set up now; the message is that of a FailedMount event. */
public final class VolumeFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public VolumeFailure(String volume, String why) {
    this("MountVolume.SetUp failed for volume \"" + volume + "\" : " + why, false);
  }

  private final boolean early;

  private VolumeFailure(String message, boolean early) {
    super(message, null, false, false);
    this.early = early;
  }

  /** Whether it may well be there in a moment. */
  public boolean isEarly() {
    return early;
  }

  /** It is not even known what is to be mounted. */
  static VolumeFailure unprocessed(String volume, String why) {
    return new VolumeFailure(
        "Unable to attach or mount volumes: unmounted volumes=["
            + volume
            + "], unattached volumes=[], failed to process volumes=["
            + volume
            + "]: "
            + why,
        true);
  }
}
