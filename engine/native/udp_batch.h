/* UDP datagrams in batches of 64: one recvmmsg, one sendmmsg. No Python here; behaviour as engine/runtime/udp_batch.py. */
#ifndef TL_UDP_BATCH_H
#define TL_UDP_BATCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

enum { TL_BATCH = 64, TL_MAX_DATAGRAM = 65535 };

struct tl_udp_batch {
    int fd;
    uint64_t icmp_errors;
    struct mmsghdr headers[TL_BATCH];
    struct iovec parts[TL_BATCH];
    struct sockaddr_storage names[TL_BATCH];
    uint8_t *buffers; /* TL_BATCH of TL_MAX_DATAGRAM; pages never written cost nothing */
};

/* 0 or an errno. */
int tl_udp_batch_open(struct tl_udp_batch *b, int fd);
void tl_udp_batch_close(struct tl_udp_batch *b);

/* How many came (see tl_udp_batch_data, `names`); 0: none waits; -1: errno, the socket is broken. */
int tl_udp_batch_receive(struct tl_udp_batch *b);
static inline const uint8_t *tl_udp_batch_data(const struct tl_udp_batch *b, int i, size_t *length)
{
    *length = b->headers[i].msg_len;
    return b->buffers + (size_t)i * TL_MAX_DATAGRAM;
}

/* Before tl_udp_batch_send: the i-th datagram, i < TL_BATCH. `data` must stay until it is sent; name in `names[i]`. */
void tl_udp_batch_put(struct tl_udp_batch *b, int i, const void *data, size_t length, socklen_t name_length);

/* Send what was put at [first, count). How many went; 0 with *error EAGAIN (full; later) or why the first of them can't be sent. */
int tl_udp_batch_send(struct tl_udp_batch *b, int first, int count, int *error);

#endif
