/** How well a call is heard, from its legs' counters. Bounds as ITU-T G.107 and G.114 are usually read for narrowband speech. */

const FAIR = { loss: 0.01, jitterMs: 30 };
const POOR = { loss: 0.05, jitterMs: 60 };

/** `grade`: none (nothing was heard yet), good, fair or poor, with the worst leg's loss and jitter. */
export function qualityOf(legs) {
  const heard = legs.filter((leg) => leg.packets_in > 0);
  if (heard.length === 0) return { grade: "none", loss: 0, jitterMs: 0 };
  const loss = Math.max(...heard.map((leg) => Math.max(0, leg.lost) / (leg.packets_in + Math.max(0, leg.lost))));
  const jitterMs = Math.max(...heard.map((leg) => leg.jitter_ms));
  return { grade: gradeOf(loss, jitterMs), loss, jitterMs };
}

function gradeOf(loss, jitterMs) {
  if (loss >= POOR.loss || jitterMs >= POOR.jitterMs) return "poor";
  return loss >= FAIR.loss || jitterMs >= FAIR.jitterMs ? "fair" : "good";
}
