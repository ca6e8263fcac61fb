package dev.coracle.node.volumes;

/** A volume cannot be set up now; the message is that of a FailedMount event. */
public final class VolumeFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public VolumeFailure(String volume, String why) {
    super("MountVolume.SetUp failed for volume \"" + volume + "\" : " + why, null, false, false);
  }
}
