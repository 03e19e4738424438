package ingest.projection.x;

import ingest.projection.FollowerCount;

/** {@code x.follower_count.observed}. */
public final class FollowerCountProjector extends FollowerCount {
  @Override
  public String source() {
    return "x";
  }
}
