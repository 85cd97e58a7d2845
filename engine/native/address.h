/* A numeric IP address and port, as compared for every packet: family 0 is none.
 *
 * The scope (IPv6 link-local) is carried for sending but not compared: an announcement has none. */
#ifndef TL_ADDRESS_H
#define TL_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct tl_address {
    uint32_t words[4]; /* network order; IPv4 in the first, the others 0 */
    uint32_t scope;
    uint16_t port; /* host order */
    uint16_t family;
};

static inline bool tl_same_host(const struct tl_address *a, const struct tl_address *b)
{
    return a->family == b->family && a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
           a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

static inline bool tl_same(const struct tl_address *a, const struct tl_address *b)
{
    return a->port == b->port && tl_same_host(a, b);
}

static inline bool tl_is_some(const struct tl_address *a)
{
    return a->family != 0;
}

/* From or to memory that the other thread uses too, word by word; a version beside it tells whether the words belong together. */
static inline void tl_copy_shared(struct tl_address *to, const struct tl_address *from)
{
    uint32_t *into = (uint32_t *)(void *)to;
    const uint32_t *out_of = (const uint32_t *)(const void *)from;
    for (size_t i = 0; i < sizeof *to / sizeof *into; i++)
        __atomic_store_n(&into[i], __atomic_load_n(&out_of[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* 0.0.0.0 or :: */
static inline bool tl_is_unspecified(const struct tl_address *a)
{
    return (a->words[0] | a->words[1] | a->words[2] | a->words[3]) == 0;
}

/* False for a family that is neither IPv4 nor IPv6. */
static inline bool tl_from_sockaddr(struct tl_address *a, const struct sockaddr_storage *from)
{
    memset(a, 0, sizeof *a);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        a->words[0] = v4->sin_addr.s_addr;
        a->port = ntohs(v4->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        memcpy(a->words, &v6->sin6_addr, sizeof a->words);
        a->port = ntohs(v6->sin6_port);
        a->scope = v6->sin6_scope_id;
    } else {
        return false;
    }
    a->family = from->ss_family;
    return true;
}

static inline socklen_t tl_to_sockaddr(const struct tl_address *a, struct sockaddr_storage *to)
{
    if (a->family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        memset(v6, 0, sizeof *v6);
        v6->sin6_family = AF_INET6;
        memcpy(&v6->sin6_addr, a->words, sizeof a->words);
        v6->sin6_port = htons(a->port);
        v6->sin6_scope_id = a->scope;
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    memset(v4, 0, sizeof *v4);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = a->words[0];
    v4->sin_port = htons(a->port);
    return sizeof *v4;
}

#endif
