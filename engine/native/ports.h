/* RTP/RTCP port pairs: bound ahead, reused without binding again, neighbours' ports skipped. As engine/media/ports.py.
 *
 * Pair i has the ports first + 2i and first + 2i + 1. Both threads use the pool: the lock is held for one bind at most. */
#ifndef TL_PORTS_H
#define TL_PORTS_H

#include <pthread.h>

#include "address.h"

struct tl_queue {
    uint32_t *items;
    uint32_t size, head, count;
};

struct tl_ports {
    pthread_mutex_t lock;
    struct tl_address host;
    uint16_t first;
    uint32_t pairs, limit, ahead;
    uint32_t bound;
    bool limit_is_descriptors;
    int64_t retry_ns;
    int epoll;
    int (*sockets)[2]; /* per pair: RTP, RTCP; 0 before it is bound */
    struct tl_queue ready, unbound, taken;
};

/* `host`: port ignored. `epoll`: every bound socket is added, with data index * 2 + channel. 0 or an errno. */
int tl_ports_open(struct tl_ports *p, const struct tl_address *host, uint16_t first, uint32_t pairs, uint32_t limit,
                  uint32_t ahead, int epoll);
void tl_ports_close(struct tl_ports *p);

/* Bind up to `ahead` pairs. 0, EADDRINUSE (all are held by others), EADDRNOTAVAIL (not our address), or another errno. */
int tl_ports_prepare(struct tl_ports *p, int64_t now_ns);

/* Bind one more if fewer than `ahead` are ready; false: none wanted or none to be had. */
bool tl_ports_fill_one(struct tl_ports *p, int64_t now_ns);

/* How many to keep ready from now on; 0: those that are ready are dropped, and `take` binds what it needs. */
void tl_ports_set_ahead(struct tl_ports *p, uint32_t ahead);

/* The media thread's: close one ready pair if none is wanted ahead. True: look again, there may be more. */
bool tl_ports_drop_one(struct tl_ports *p);

/* The pair that rested longest; false: none to be had. */
bool tl_ports_take(struct tl_ports *p, int64_t now_ns, uint32_t *index);
void tl_ports_give_back(struct tl_ports *p, uint32_t index);

#endif
