/* What the control thread (media.c) and the media thread share, and whose each part of it is. */
#ifndef TL_MEDIA_THREAD_H
#define TL_MEDIA_THREAD_H

#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#include "media.h"
#include "ports.h"
#include "ring.h"

static const uint64_t TL_WAKE_TAG = UINT64_MAX; /* of `wake` among what epoll tells */

enum tl_command_kind { TL_START, TL_ANNOUNCE, TL_PAIR, TL_UNPAIR, TL_WATCH, TL_RELEASE };

struct tl_command {
    uint32_t kind;
    uint32_t index, generation;
    uint32_t other, other_generation;
    int64_t timeout_ns;
    struct tl_remote remote;
    bool relearn;
};

/* What a pair's sockets are connected to; the media thread's. */
struct tl_connections {
    struct tl_address to[2];
};

struct tl_media {
    struct tl_settings settings;
    struct tl_relay relay;
    struct tl_ports ports;
    struct tl_ring commands, events;
    int epoll, wake, ready;

    /* the control thread's */
    pthread_t thread;
    bool running;
    uint32_t *generations;
    bool *in_use;
    uint32_t in_use_count;
    struct tl_totals past; /* of released streams */

    /* shared */
    int thread_id;
    bool stopping;
    uint32_t resting_count;
    uint64_t events_held;

    /* the media thread's */
    struct tl_connections *connections;
    uint32_t *active; /* streams that are open or resting, dense */
    uint32_t *place;  /* of a stream in `active` */
    uint32_t active_count;
    struct epoll_event *batch;
    uint8_t packet[TL_MAX_PACKET];
};

static inline int64_t tl_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The media thread, of a struct tl_media; until `stopping`. */
void *tl_media_thread(void *media);

#endif
