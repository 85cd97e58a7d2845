/* Source learning: where a stream's media really come from. The rules, with their reasons, stand in
 * engine/media/learning.py; this says the same in C, and one contract suite holds both to it. No IO, no clock. */
#ifndef TL_LEARNING_H
#define TL_LEARNING_H

#include "address.h"

enum { TL_PROBATION_PACKETS = 25, TL_MAX_SEQUENCE_STEP = 100 };

enum tl_phase { TL_UNANNOUNCED, TL_LEARNING, TL_PROVISIONAL, TL_FINAL };
enum tl_rtcp_latch { TL_RTCP_NONE, TL_RTCP_SOCKET, TL_RTCP_MUXED };

/* What the peer announced. `rtp` none: no media. `signalling` none: matches nothing. */
struct tl_remote {
    struct tl_address rtp, rtcp, signalling;
    uint32_t clock_hz;
};

struct tl_learner {
    struct tl_address source;      /* of RTP; none before it is learnt */
    struct tl_address rtcp_source; /* only with TL_RTCP_SOCKET */
    struct tl_remote remote;
    struct tl_address candidate;
    int64_t deadline_ns;
    uint32_t candidate_ssrc;
    uint32_t latches;
    uint16_t candidate_sequence;
    uint16_t candidate_count;
    uint8_t phase;
    uint8_t rtcp_latch;
};

void tl_learner_announce(struct tl_learner *l, const struct tl_remote *remote, bool relearn);

/* Make a provisional latch final once its time has passed; true if that happened now. */
bool tl_learner_settle(struct tl_learner *l, int64_t now_ns);

bool tl_learner_accept_rtp(struct tl_learner *l, const struct tl_address *source, uint32_t ssrc, uint16_t sequence,
                           int64_t now_ns, int64_t settle_ns);
bool tl_learner_accept_rtcp(struct tl_learner *l, const struct tl_address *source);
bool tl_learner_accept_muxed_rtcp(struct tl_learner *l, const struct tl_address *source);

/* Where to send; false: nowhere. `*muxed`: RTCP leaves from the RTP port. */
bool tl_learner_rtp_target(const struct tl_learner *l, struct tl_address *to);
bool tl_learner_rtcp_target(const struct tl_learner *l, struct tl_address *to, bool *muxed);

#endif
