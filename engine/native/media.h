/* The media thread: sockets, epoll and rings around the relay table. No Python here.
 *
 * One control thread calls these functions (the binding: under the GIL); one media thread moves packets. Commands go through
 * a ring and are applied in order between two batches of packets; what can be refused is refused before it enters the ring.
 *
 * Tearing: counters are read while they are written. Each field is whole (relaxed atomics), but two fields of one reading may be
 * a packet apart; only the source address, wider than a word, is read again while its version says that it is being written. */
#ifndef TL_MEDIA_H
#define TL_MEDIA_H

#include "relay.h"

struct tl_media;

struct tl_settings {
    struct tl_address bind_host;
    uint16_t first_port; /* even */
    uint32_t pairs, bound_limit, ahead, batch;
    int64_t quarantine_ns, settle_ns;
};

/* One reading of a stream. */
struct tl_reading {
    struct tl_counters counters;
    struct tl_reception reception; /* only what reception.h calls readable, and clock_hz */
};

struct tl_usage {
    uint32_t in_use, ready, quarantined, taken;
    bool limited_by_descriptors;
    uint64_t events_held; /* how often the event ring was full and an event had to wait */
};

/* Of all streams since the start, released ones too; `receiving`: of those that live, how many have got RTP, whose jitter in ms
 * the last two are of. */
struct tl_totals {
    uint64_t packets_in, bytes_in, packets_out, bytes_out, rtcp_in, rtcp_out;
    uint64_t stranger, malformed, oversize, no_peer, send_error;
    int64_t lost;
    uint32_t receiving;
    double jitter_sum, jitter_max;
};

enum tl_result { TL_OK, TL_STALE, TL_STUCK };

struct tl_event {
    uint32_t index, generation;
    struct tl_address learnt; /* none: silence */
    int64_t silent_ns;
};

/* NULL: out of memory or descriptors, see errno. */
struct tl_media *tl_media_new(const struct tl_settings *settings);
/* Bind ahead, start the thread. 0 or an errno as tl_ports_prepare. */
int tl_media_start(struct tl_media *m);
/* Stop the thread, close everything, free. */
void tl_media_free(struct tl_media *m);

/* False: pairs that no stream uses are closed when this returns, and none is bound ahead any more. True: they are again. */
enum tl_result tl_media_keep_ready(struct tl_media *m, bool wanted);

/* False: no pair to be had. */
bool tl_media_allocate(struct tl_media *m, uint32_t *index, uint32_t *generation, uint16_t *port);
enum tl_result tl_media_set_remote(struct tl_media *m, uint32_t index, uint32_t generation,
                                   const struct tl_remote *remote, bool relearn);
enum tl_result tl_media_pair(struct tl_media *m, uint32_t a, uint32_t a_generation, uint32_t b, uint32_t b_generation);
enum tl_result tl_media_unpair(struct tl_media *m, uint32_t index, uint32_t generation);
enum tl_result tl_media_watch(struct tl_media *m, uint32_t index, uint32_t generation, int64_t timeout_ns);
enum tl_result tl_media_release(struct tl_media *m, uint32_t index, uint32_t generation, struct tl_reading *last);
enum tl_result tl_media_read(struct tl_media *m, uint32_t index, uint32_t generation, struct tl_reading *now);
void tl_media_usage(struct tl_media *m, struct tl_usage *usage);
void tl_media_totals(struct tl_media *m, struct tl_totals *totals);

/* Readable when there are events. */
int tl_media_fileno(const struct tl_media *m);
/* Call before taking events. */
void tl_media_acknowledge(struct tl_media *m);
/* The next event of a stream that still lives; false: no more. */
bool tl_media_take_event(struct tl_media *m, struct tl_event *event);

/* Of the media thread, as in /proc/self/task; 0 before it runs. */
int tl_media_thread_id(const struct tl_media *m);

#endif
