#include "learning.h"

static void forget_rtcp(struct tl_learner *l)
{
    l->rtcp_latch = TL_RTCP_NONE;
    memset(&l->rtcp_source, 0, sizeof l->rtcp_source);
}

static void forget_candidate(struct tl_learner *l)
{
    memset(&l->candidate, 0, sizeof l->candidate);
    l->candidate_count = 0;
}

static void forget_source(struct tl_learner *l)
{
    memset(&l->source, 0, sizeof l->source);
}

static bool is_source(const struct tl_learner *l, const struct tl_address *from)
{
    return tl_is_some(&l->source) && tl_same(&l->source, from);
}

static void latch(struct tl_learner *l, const struct tl_address *from, enum tl_phase phase)
{
    /* RTCP was accepted for being on a host that is now overruled. */
    if (l->rtcp_latch == TL_RTCP_SOCKET && !tl_same(&l->rtcp_source, &l->remote.rtcp) &&
        !(tl_is_some(&l->source) && tl_same_host(&l->source, from)))
        forget_rtcp(l);
    l->source = *from;
    l->phase = phase;
    l->latches++;
    forget_candidate(l);
}

static bool passes_probation(struct tl_learner *l, const struct tl_address *from, uint32_t ssrc, uint16_t sequence)
{
    uint16_t step = (uint16_t)(sequence - l->candidate_sequence);
    if (tl_same(&l->candidate, from) && ssrc == l->candidate_ssrc && step > 0 && step <= TL_MAX_SEQUENCE_STEP) {
        l->candidate_count++;
    } else {
        l->candidate = *from;
        l->candidate_ssrc = ssrc;
        l->candidate_count = 1;
    }
    l->candidate_sequence = sequence;
    return l->candidate_count >= TL_PROBATION_PACKETS;
}

static void learn(struct tl_learner *l, const struct tl_address *from, uint32_t ssrc, uint16_t sequence,
                  int64_t deadline_ns)
{
    if (tl_same(&l->remote.rtp, from)) {
        latch(l, from, TL_FINAL);
    } else if (tl_is_some(&l->remote.signalling) && tl_same_host(&l->remote.signalling, from)) {
        if (!tl_same_host(&l->remote.rtp, &l->remote.signalling)) {
            latch(l, from, TL_PROVISIONAL);
            l->deadline_ns = deadline_ns;
        } else if (passes_probation(l, from, ssrc, sequence)) {
            latch(l, from, TL_FINAL);
        }
    }
}

void tl_learner_announce(struct tl_learner *l, const struct tl_remote *remote, bool relearn)
{
    struct tl_remote old = l->remote;
    l->remote = *remote;
    if (!tl_is_some(&remote->rtp)) {
        l->phase = TL_UNANNOUNCED;
        forget_source(l);
        forget_rtcp(l);
        return;
    }
    if (!tl_same(&remote->rtp, &old.rtp)) {
        forget_source(l);
    } else if (tl_same_host(&remote->signalling, &old.signalling) && !relearn) {
        if (!tl_same(&remote->rtcp, &old.rtcp))
            forget_rtcp(l);
        return;
    }
    l->phase = TL_LEARNING;
    forget_rtcp(l);
    forget_candidate(l);
}

bool tl_learner_settle(struct tl_learner *l, int64_t now_ns)
{
    if (l->phase != TL_PROVISIONAL || now_ns < l->deadline_ns)
        return false;
    l->phase = TL_FINAL;
    return true;
}

bool tl_learner_accept_rtp(struct tl_learner *l, const struct tl_address *source, uint32_t ssrc, uint16_t sequence,
                           int64_t now_ns, int64_t settle_ns)
{
    tl_learner_settle(l, now_ns);
    switch ((enum tl_phase)l->phase) {
    case TL_UNANNOUNCED:
        return false;
    case TL_PROVISIONAL:
        if (tl_same(&l->remote.rtp, source))
            latch(l, source, TL_FINAL);
        break;
    case TL_LEARNING:
        learn(l, source, ssrc, sequence, now_ns + settle_ns);
        break;
    case TL_FINAL:
        break;
    }
    return is_source(l, source);
}

bool tl_learner_accept_rtcp(struct tl_learner *l, const struct tl_address *source)
{
    if (l->phase == TL_UNANNOUNCED)
        return false;
    if (l->rtcp_latch != TL_RTCP_NONE)
        return l->rtcp_latch == TL_RTCP_SOCKET && tl_same(&l->rtcp_source, source);
    if ((tl_is_some(&l->remote.rtcp) && tl_same(&l->remote.rtcp, source)) ||
        (tl_is_some(&l->source) && !tl_same(&l->source, &l->remote.rtp) && tl_same_host(&l->source, source))) {
        l->rtcp_latch = TL_RTCP_SOCKET;
        l->rtcp_source = *source;
        return true;
    }
    return false;
}

bool tl_learner_accept_muxed_rtcp(struct tl_learner *l, const struct tl_address *source)
{
    const struct tl_address *expected = tl_is_some(&l->source) ? &l->source : &l->remote.rtp;
    if (l->phase == TL_UNANNOUNCED || !tl_same(expected, source))
        return false;
    if (l->rtcp_latch == TL_RTCP_NONE)
        l->rtcp_latch = TL_RTCP_MUXED;
    return true;
}

/* No media, or on hold the old way (RFC 3264 section 8.4). */
static bool sends_nothing(const struct tl_learner *l)
{
    return !tl_is_some(&l->remote.rtp) || tl_is_unspecified(&l->remote.rtp);
}

bool tl_learner_rtp_target(const struct tl_learner *l, struct tl_address *to)
{
    if (sends_nothing(l))
        return false;
    *to = tl_is_some(&l->source) ? l->source : l->remote.rtp;
    return true;
}

bool tl_learner_rtcp_target(const struct tl_learner *l, struct tl_address *to, bool *muxed)
{
    const struct tl_remote *remote = &l->remote;
    *muxed = l->rtcp_latch == TL_RTCP_MUXED || (l->rtcp_latch == TL_RTCP_NONE && tl_is_some(&remote->rtcp) &&
                                                tl_same(&remote->rtcp, &remote->rtp));
    if (*muxed)
        return tl_learner_rtp_target(l, to);
    if (sends_nothing(l))
        return false;
    if (l->rtcp_latch == TL_RTCP_SOCKET) {
        *to = l->rtcp_source;
        return true;
    }
    if (tl_is_some(&l->source) && !tl_same(&l->source, &remote->rtp)) {
        *to = l->source; /* behind NAT: most keep the pair together */
        if (to->port == 65535)
            return false;
        to->port++;
        return true;
    }
    *to = remote->rtcp;
    return tl_is_some(&remote->rtcp) && !tl_is_unspecified(&remote->rtcp);
}
