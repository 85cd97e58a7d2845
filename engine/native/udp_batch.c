#include "udp_batch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int tl_udp_batch_open(struct tl_udp_batch *b, int fd)
{
    memset(b, 0, sizeof *b);
    b->fd = fd;
    b->buffers = calloc(TL_BATCH, TL_MAX_DATAGRAM);
    return b->buffers ? 0 : ENOMEM;
}

void tl_udp_batch_close(struct tl_udp_batch *b)
{
    free(b->buffers);
    b->buffers = NULL;
}

static void point(struct tl_udp_batch *b, int i, void *data, size_t length, socklen_t name_length)
{
    b->parts[i] = (struct iovec){.iov_base = data, .iov_len = length};
    b->headers[i].msg_hdr = (struct msghdr){
        .msg_name = &b->names[i], .msg_namelen = name_length, .msg_iov = &b->parts[i], .msg_iovlen = 1};
}

static bool is_icmp(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || error == EPROTO;
}

int tl_udp_batch_receive(struct tl_udp_batch *b)
{
    for (int i = 0; i < TL_BATCH; i++)
        point(b, i, b->buffers + (size_t)i * TL_MAX_DATAGRAM, TL_MAX_DATAGRAM, sizeof b->names[i]);
    /* Each ICMP error ends one call; there can't be more of them than datagrams sent. */
    for (int tries = 0; tries < TL_BATCH; tries++) {
        int count = recvmmsg(b->fd, b->headers, TL_BATCH, MSG_DONTWAIT, NULL);
        if (count >= 0)
            return count;
        if (errno == EAGAIN)
            return 0;
        if (is_icmp(errno))
            b->icmp_errors++;
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}

void tl_udp_batch_put(struct tl_udp_batch *b, int i, const void *data, size_t length, socklen_t name_length)
{
    point(b, i, (void *)(uintptr_t)data, length, name_length);
}

int tl_udp_batch_send(struct tl_udp_batch *b, int first, int count, int *error)
{
    *error = 0;
    for (int tries = 0; tries < 3; tries++) {
        int sent = sendmmsg(b->fd, b->headers + first, (unsigned)(count - first), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            return sent;
        *error = sent == 0 || errno == ENOBUFS ? EAGAIN : errno;
        if (*error == ECONNREFUSED)
            b->icmp_errors++; /* about an earlier datagram, and cleared by telling it */
        else if (*error != EINTR)
            return 0;
    }
    return 0;
}
