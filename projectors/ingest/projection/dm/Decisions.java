package ingest.projection.dm;

import ingest.envelope.Revision;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What becomes of claims, one after the other, on top of the links that were found. */
final class Decisions {
  /** A claim of a channel whose verified claim another streamer held. */
  record Refusal(Claim claim, int heldBy) {}

  private final Set<UUID> refused;
  private final Map<Claim.Link, Revision> revisions = new HashMap<>();
  private final Map<Long, Integer> holders = new HashMap<>();
  private final Map<Claim.Link, Claim> links = new LinkedHashMap<>();
  private final List<Refusal> refusals = new ArrayList<>();

  /**
   * Nothing was found yet.
   *
   * @param refused events that were refused before; that stands, also when they are replayed
   */
  Decisions(Set<UUID> refused) {
    this.refused = refused;
  }

  void found(Claim.Link link, boolean verified, Revision revision) {
    revisions.put(link, revision);
    if (verified) {
      holders.put(link.channelId(), link.streamerId());
    }
  }

  void decide(Claim claim) {
    if (refused.contains(claim.event()) || older(claim)) {
      return;
    }
    Integer holder = holders.get(claim.channelId());
    boolean own = holder != null && holder == claim.streamerId();
    if (claim.verified() && holder != null && !own) {
      refused.add(claim.event());
      refusals.add(new Refusal(claim, holder));
      return;
    }
    revisions.put(claim.link(), claim.revision());
    links.put(claim.link(), claim);
    if (claim.verified()) {
      holders.put(claim.channelId(), claim.streamerId());
    } else if (own) {
      holders.remove(claim.channelId());
    }
  }

  /** The same event again is not older than itself: a replay writes it again. */
  private boolean older(Claim claim) {
    Revision known = revisions.get(claim.link());
    return known != null && claim.revision().compareTo(known) < 0;
  }

  /** The last claim of each link that changes. */
  Collection<Claim> links() {
    return links.values();
  }

  List<Refusal> refusals() {
    return refusals;
  }
}
