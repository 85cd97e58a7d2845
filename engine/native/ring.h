/* A ring of fixed-size items, one producer, one consumer, no lock. The size is a power of two. */
#ifndef TL_RING_H
#define TL_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tl_ring {
    uint8_t *items;
    size_t item_size;
    uint32_t mask;
    uint32_t head; /* the consumer's */
    char apart[64]; /* head and tail on cache lines of their own */
    uint32_t tail; /* the producer's */
};

static inline bool tl_ring_open(struct tl_ring *r, uint32_t size, size_t item_size)
{
    memset(r, 0, sizeof *r);
    r->items = calloc(size, item_size);
    r->item_size = item_size;
    r->mask = size - 1;
    return r->items != NULL;
}

static inline void tl_ring_close(struct tl_ring *r)
{
    free(r->items);
    r->items = NULL;
}

static inline bool tl_ring_is_empty(const struct tl_ring *r)
{
    return __atomic_load_n(&r->head, __ATOMIC_RELAXED) == __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
}

/* False: full. */
static inline bool tl_ring_push(struct tl_ring *r, const void *item)
{
    uint32_t tail = r->tail;
    if (tail - __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) > r->mask)
        return false;
    memcpy(r->items + (size_t)(tail & r->mask) * r->item_size, item, r->item_size);
    __atomic_store_n(&r->tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}

/* False: empty. */
static inline bool tl_ring_pop(struct tl_ring *r, void *item)
{
    uint32_t head = r->head;
    if (head == __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE))
        return false;
    memcpy(item, r->items + (size_t)(head & r->mask) * r->item_size, r->item_size);
    __atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

#endif
