#include "relay.h"

#include <stdlib.h>

#include "atomic.h"

bool tl_relay_open(struct tl_relay *r, uint32_t count, int64_t settle_ns)
{
    r->streams = calloc(count, sizeof *r->streams); /* untouched pages cost nothing */
    r->count = count;
    r->settle_ns = settle_ns;
    return r->streams != NULL;
}

void tl_relay_close(struct tl_relay *r)
{
    free(r->streams);
    r->streams = NULL;
    r->count = 0;
}

struct tl_stream *tl_relay_find(struct tl_relay *r, uint32_t index, uint32_t generation)
{
    if (index >= r->count)
        return NULL;
    struct tl_stream *s = &r->streams[index];
    return s->state == TL_OPEN && s->generation == generation ? s : NULL;
}

static void publish_source(struct tl_stream *s)
{
    struct tl_counters *c = &s->counters;
    __atomic_store_n(&c->source_version, c->source_version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    tl_copy_shared(&c->source, &s->learner.source);
    __atomic_store_n(&c->source_version, c->source_version + 1, __ATOMIC_RELEASE);
}

void tl_relay_start(struct tl_relay *r, uint32_t index, uint32_t generation)
{
    struct tl_stream *s = &r->streams[index];
    s->generation = generation;
    s->peer = TL_NO_PEER;
    s->state = TL_OPEN;
}

void tl_relay_announce(struct tl_stream *s, const struct tl_remote *remote, bool relearn)
{
    TL_STORE(s->reception.clock_hz, remote->clock_hz);
    tl_learner_announce(&s->learner, remote, relearn);
    publish_source(s);
    s->todo |= TL_TODO_SOCKETS;
}

void tl_relay_unpair(struct tl_relay *r, uint32_t index)
{
    struct tl_stream *s = &r->streams[index];
    if (s->peer != TL_NO_PEER) {
        r->streams[s->peer].peer = TL_NO_PEER;
        s->peer = TL_NO_PEER;
    }
}

void tl_relay_pair(struct tl_relay *r, uint32_t a, uint32_t b)
{
    tl_relay_unpair(r, a);
    tl_relay_unpair(r, b);
    r->streams[a].peer = b;
    r->streams[b].peer = a;
}

void tl_relay_watch(struct tl_stream *s, int64_t timeout_ns, int64_t now_ns)
{
    s->timeout_ns = timeout_ns;
    s->watched_ns = now_ns;
    s->todo &= (uint8_t)~TL_TODO_SILENT;
}

void tl_relay_release(struct tl_relay *r, uint32_t index, int64_t now_ns)
{
    struct tl_stream *s = &r->streams[index];
    tl_relay_unpair(r, index);
    s->state = TL_RESTING;
    s->timeout_ns = 0;
    s->todo = 0;
    s->freed_ns = now_ns;
}

void tl_relay_rest(struct tl_relay *r, uint32_t index)
{
    struct tl_stream *s = &r->streams[index];
    uint32_t generation = s->generation;
    memset(s, 0, sizeof *s);
    s->generation = generation;
    s->peer = TL_NO_PEER;
}

enum tl_kind tl_classify(const uint8_t *packet, size_t length)
{
    if (length > TL_MAX_PACKET)
        return TL_KIND_OVERSIZE;
    if (length < 8 || packet[0] >> 6 != 2)
        return TL_KIND_MALFORMED;
    if (packet[1] >= 192 && packet[1] <= 223) /* RFC 5761 section 4 */
        return TL_KIND_RTCP;
    return length < 12 ? TL_KIND_MALFORMED : TL_KIND_RTP;
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool receive_rtp(struct tl_relay *r, struct tl_stream *s, const uint8_t *packet, size_t length,
                        const struct tl_address *from, int64_t now_ns, struct tl_send *out)
{
    struct tl_learner *l = &s->learner;
    uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
    uint32_t ssrc = word(packet + 8);
    uint32_t latches = l->latches;
    uint8_t phase = l->phase;
    bool accepted = tl_learner_accept_rtp(l, from, ssrc, sequence, now_ns, r->settle_ns);
    if (l->phase != phase)
        s->todo |= TL_TODO_SOCKETS;
    if (l->latches != latches) {
        publish_source(s);
        s->todo |= TL_TODO_SOCKETS | TL_TODO_LEARNT;
    }
    if (!accepted) {
        TL_ADD(s->counters.stranger, 1);
        return false;
    }
    TL_STORE(s->counters.heard_ns, now_ns);
    TL_ADD(s->counters.packets_in, 1);
    TL_ADD(s->counters.bytes_in, length);
    tl_reception_count(&s->reception, ssrc, sequence, word(packet + 4), now_ns);
    if (s->peer == TL_NO_PEER || !tl_learner_rtp_target(&r->streams[s->peer].learner, &out->to)) {
        TL_ADD(s->counters.no_peer, 1);
        return false;
    }
    out->stream = s->peer;
    out->channel = TL_RTP;
    out->is_rtcp = 0;
    return true;
}

static bool receive_rtcp(struct tl_relay *r, struct tl_stream *s, bool muxed, const struct tl_address *from,
                         int64_t now_ns, struct tl_send *out)
{
    uint8_t before = s->learner.rtcp_latch;
    bool accepted = muxed ? tl_learner_accept_muxed_rtcp(&s->learner, from) : tl_learner_accept_rtcp(&s->learner, from);
    if (s->learner.rtcp_latch != before)
        s->todo |= TL_TODO_SOCKETS;
    if (!accepted) {
        TL_ADD(s->counters.stranger, 1);
        return false;
    }
    TL_STORE(s->counters.heard_ns, now_ns);
    TL_ADD(s->counters.rtcp_in, 1);
    bool leaves_muxed = false;
    if (s->peer == TL_NO_PEER || !tl_learner_rtcp_target(&r->streams[s->peer].learner, &out->to, &leaves_muxed)) {
        TL_ADD(s->counters.no_peer, 1);
        return false;
    }
    out->stream = s->peer;
    out->channel = leaves_muxed ? TL_RTP : TL_RTCP;
    out->is_rtcp = 1;
    return true;
}

bool tl_relay_receive(struct tl_relay *r, uint32_t index, enum tl_channel channel, const uint8_t *packet, size_t length,
                      const struct tl_address *from, int64_t now_ns, struct tl_send *out)
{
    struct tl_stream *s = &r->streams[index];
    switch (tl_classify(packet, length)) {
    case TL_KIND_OVERSIZE:
        TL_ADD(s->counters.oversize, 1);
        return false;
    case TL_KIND_RTCP:
        return receive_rtcp(r, s, channel == TL_RTP, from, now_ns, out);
    case TL_KIND_RTP:
        if (channel == TL_RTP)
            return receive_rtp(r, s, packet, length, from, now_ns, out);
        break;
    case TL_KIND_MALFORMED:
        break;
    }
    TL_ADD(s->counters.malformed, 1);
    return false;
}

void tl_relay_sent(struct tl_relay *r, const struct tl_send *sent, size_t length, bool ok)
{
    struct tl_counters *c = &r->streams[sent->stream].counters;
    if (!ok) {
        TL_ADD(c->send_error, 1);
    } else if (sent->is_rtcp) {
        TL_ADD(c->rtcp_out, 1);
    } else {
        TL_ADD(c->packets_out, 1);
        TL_ADD(c->bytes_out, length);
    }
}

void tl_relay_discard(struct tl_stream *s, const struct tl_address *from, int64_t now_ns)
{
    const struct tl_learner *l = &s->learner;
    const struct tl_address *old_party[] = {&l->source, &l->rtcp_source, &l->remote.rtp, &l->remote.rtcp};
    for (size_t i = 0; i < sizeof old_party / sizeof *old_party; i++) {
        if (tl_same(old_party[i], from))
            s->freed_ns = s->counters.heard_ns = now_ns;
    }
}

bool tl_relay_has_rested(const struct tl_stream *s, int64_t now_ns, int64_t quarantine_ns)
{
    int64_t rest_ns = quarantine_ns;
    if (s->counters.heard_ns == 0 && rest_ns > TL_UNHEARD_REST_NS)
        rest_ns = TL_UNHEARD_REST_NS;
    return now_ns - s->freed_ns >= rest_ns;
}

void tl_relay_tick(struct tl_stream *s, int64_t now_ns)
{
    if (tl_learner_settle(&s->learner, now_ns))
        s->todo |= TL_TODO_SOCKETS;
    if (s->timeout_ns != 0) {
        /* RTCP counts too: phones with silence suppression send nothing else while nobody speaks. */
        int64_t heard_ns = s->counters.heard_ns > s->watched_ns ? s->counters.heard_ns : s->watched_ns;
        if (now_ns - heard_ns >= s->timeout_ns) {
            s->timeout_ns = 0;
            s->silent_ns = now_ns - heard_ns;
            s->todo |= TL_TODO_SILENT;
        }
    }
}

void tl_relay_wanted(const struct tl_stream *s, struct tl_address wanted[2])
{
    memset(wanted, 0, 2 * sizeof *wanted);
    if (s->state != TL_OPEN)
        return;
    if (s->learner.phase == TL_FINAL)
        wanted[TL_RTP] = s->learner.source;
    if (s->learner.rtcp_latch == TL_RTCP_SOCKET)
        wanted[TL_RTCP] = s->learner.rtcp_source;
}
