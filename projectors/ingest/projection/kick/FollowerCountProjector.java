package ingest.projection.kick;

import ingest.projection.FollowerCount;

/** {@code kick.follower_count.observed}. */
public final class FollowerCountProjector extends FollowerCount {
  @Override
  public String source() {
    return "kick";
  }
}
