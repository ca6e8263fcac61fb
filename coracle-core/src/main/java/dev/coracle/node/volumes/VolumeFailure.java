package dev.coracle.node.volumes;

/** A volume cannot be set up now; the message is that of a FailedMount event. */
public final class VolumeFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public VolumeFailure(String volume, String why) {
    this("MountVolume.SetUp failed for volume \"" + volume + "\" : " + why);
  }

  private VolumeFailure(String message) {
    super(message, null, false, false);
  }

  /** It is not even known what is to be mounted. */
  static VolumeFailure unprocessed(String volume, String why) {
    return new VolumeFailure(
        "Unable to attach or mount volumes: unmounted volumes=["
            + volume
            + "], unattached volumes=[], failed to process volumes=["
            + volume
            + "]: "
            + why);
  }
}
