/* The relay table: which stream a packet belongs to, whether it is accepted, where it goes. No IO, no clock, no threads:
 * the media thread (media_thread.c), the address-sanitised driver and the fuzz target run the very same code.
 *
 * A stream is IDLE (its port rests in the pool), OPEN, or RESTING (released, in quarantine). Room is left for a fast path in
 * the kernel: `fast_path` tells that packets of this stream may not pass here, and its figures are then added when read. */
#ifndef TL_RELAY_H
#define TL_RELAY_H

#include <stddef.h>

#include "learning.h"
#include "reception.h"

enum { TL_MAX_PACKET = 2048, TL_NO_PEER = 0xFFFFFFFF };

enum tl_channel { TL_RTP, TL_RTCP };
enum tl_state { TL_IDLE, TL_OPEN, TL_RESTING };
enum tl_kind { TL_KIND_RTP, TL_KIND_RTCP, TL_KIND_MALFORMED, TL_KIND_OVERSIZE };

/* What is still to be done for a stream, for the shell to look at after each call. */
enum { TL_TODO_SOCKETS = 1, TL_TODO_LEARNT = 2, TL_TODO_SILENT = 4 };

/* Written by the media thread, read by the control thread, each field by itself. */
struct tl_counters {
    uint64_t packets_in, bytes_in, packets_out, bytes_out, rtcp_in, rtcp_out;
    uint64_t stranger, malformed, oversize, no_peer, send_error;
    int64_t heard_ns; /* 0: never */
    uint32_t source_version; /* odd while `source` is written: read again */
    struct tl_address source;
};

struct tl_stream {
    struct tl_learner learner;
    struct tl_reception reception;
    struct tl_counters counters;
    int64_t timeout_ns; /* 0: not watched */
    int64_t watched_ns;
    int64_t silent_ns; /* of the last silence found */
    int64_t freed_ns;  /* when released, or later heard */
    uint32_t generation;
    uint32_t peer;
    uint8_t state;
    uint8_t todo;
    uint8_t fast_path;
};

struct tl_relay {
    struct tl_stream *streams;
    uint32_t count;
    int64_t settle_ns;
};

struct tl_send {
    struct tl_address to;
    uint32_t stream;
    uint8_t channel; /* of the socket it leaves from */
    uint8_t is_rtcp;
};

bool tl_relay_open(struct tl_relay *r, uint32_t count, int64_t settle_ns);
void tl_relay_close(struct tl_relay *r);

/* The OPEN stream of that index and generation, or NULL. */
struct tl_stream *tl_relay_find(struct tl_relay *r, uint32_t index, uint32_t generation);

void tl_relay_start(struct tl_relay *r, uint32_t index, uint32_t generation);
void tl_relay_announce(struct tl_stream *s, const struct tl_remote *remote, bool relearn);
void tl_relay_pair(struct tl_relay *r, uint32_t a, uint32_t b);
void tl_relay_unpair(struct tl_relay *r, uint32_t index);
void tl_relay_watch(struct tl_stream *s, int64_t timeout_ns, int64_t now_ns);
void tl_relay_release(struct tl_relay *r, uint32_t index, int64_t now_ns);
/* After the quarantine: all zero but the generation. */
void tl_relay_rest(struct tl_relay *r, uint32_t index);

enum tl_kind tl_classify(const uint8_t *packet, size_t length);

/* Take a datagram (`length` may exceed what `packet` holds only if over TL_MAX_PACKET). True: send it as `out` says. */
bool tl_relay_receive(struct tl_relay *r, uint32_t index, enum tl_channel channel, const uint8_t *packet, size_t length,
                      const struct tl_address *from, int64_t now_ns, struct tl_send *out);
/* What came of it. */
void tl_relay_sent(struct tl_relay *r, const struct tl_send *sent, size_t length, bool ok);
/* Whether a RESTING stream's port may serve again. A party that never sent anything is silent already: then a moment is enough, or
 * calls given up while they ring would use up a small range. */
#define TL_UNHEARD_REST_NS 500000000
bool tl_relay_has_rested(const struct tl_stream *s, int64_t now_ns, int64_t quarantine_ns);
/* A datagram for a RESTING stream: one of its old party's prolongs the quarantine. */
void tl_relay_discard(struct tl_stream *s, const struct tl_address *from, int64_t now_ns);

/* Time passes for an OPEN stream: provisional latches, silence. */
void tl_relay_tick(struct tl_stream *s, int64_t now_ns);

/* What the stream's sockets should be connected to; none: to nothing. */
void tl_relay_wanted(const struct tl_stream *s, struct tl_address wanted[2]);

#endif
