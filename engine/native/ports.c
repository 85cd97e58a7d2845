#include "ports.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "atomic.h"

static const int64_t RETRY_TAKEN_NS = 1000000000;

static bool queue_open(struct tl_queue *q, uint32_t size)
{
    q->items = calloc(size, sizeof *q->items);
    q->size = size;
    q->head = q->count = 0;
    return q->items != NULL;
}

static void queue_push(struct tl_queue *q, uint32_t item)
{
    q->items[(q->head + q->count) % q->size] = item; /* never more items than pairs */
    TL_ADD(q->count, 1);
}

static void queue_push_front(struct tl_queue *q, uint32_t item)
{
    q->head = (q->head + q->size - 1) % q->size;
    q->items[q->head] = item;
    TL_ADD(q->count, 1);
}

static uint32_t queue_pop(struct tl_queue *q)
{
    uint32_t item = q->items[q->head];
    q->head = (q->head + 1) % q->size;
    TL_ADD(q->count, -1);
    return item;
}

int tl_ports_open(struct tl_ports *p, const struct tl_address *host, uint16_t first, uint32_t pairs, uint32_t limit,
                  uint32_t ahead, int epoll)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    p->host = *host;
    p->first = first;
    p->pairs = pairs;
    p->limit = limit < pairs ? limit : pairs;
    p->limit_is_descriptors = limit < pairs;
    p->ahead = ahead;
    p->epoll = epoll;
    p->sockets = calloc(pairs, sizeof *p->sockets);
    if (!p->sockets || !queue_open(&p->ready, pairs) || !queue_open(&p->unbound, pairs) || !queue_open(&p->taken, pairs))
        return ENOMEM;
    for (uint32_t i = 0; i < pairs; i++)
        queue_push(&p->unbound, i);
    return 0;
}

void tl_ports_close(struct tl_ports *p)
{
    for (uint32_t i = 0; p->sockets && i < p->pairs; i++) {
        for (int channel = 0; channel < 2; channel++) {
            if (p->sockets[i][channel] > 0)
                close(p->sockets[i][channel]);
        }
    }
    free(p->sockets);
    free(p->ready.items);
    free(p->unbound.items);
    free(p->taken.items);
    pthread_mutex_destroy(&p->lock);
    memset(p, 0, sizeof *p);
}

static int bind_one(struct tl_ports *p, uint16_t port, uint64_t tag, int *descriptor)
{
    struct sockaddr_storage name;
    struct tl_address local = p->host;
    local.port = port;
    socklen_t length = tl_to_sockaddr(&local, &name);
    int fd = socket(p->host.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int on = 1;
    struct epoll_event interest = {.events = EPOLLIN, .data.u64 = tag};
    if ((p->host.family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(fd, (struct sockaddr *)&name, length) != 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &interest) != 0) {
        int error = errno;
        close(fd);
        return error;
    }
    *descriptor = fd;
    return 0;
}

static int bind_pair(struct tl_ports *p, uint32_t index)
{
    uint16_t port = (uint16_t)(p->first + 2 * index);
    int rtp = 0, rtcp = 0;
    int error = bind_one(p, port, (uint64_t)index * 2, &rtp);
    if (error != 0)
        return error;
    error = bind_one(p, (uint16_t)(port + 1), (uint64_t)index * 2 + 1, &rtcp);
    if (error != 0) {
        close(rtp);
        return error;
    }
    p->sockets[index][0] = rtp;
    p->sockets[index][1] = rtcp;
    return 0;
}

/* Under the lock. 0: one more is ready; EAGAIN: none to be had now; or why nothing can be bound. */
static int bind_next(struct tl_ports *p, int64_t now_ns)
{
    if (p->bound >= p->limit)
        return EAGAIN;
    if (p->unbound.count == 0) {
        if (now_ns < p->retry_ns || p->taken.count == 0)
            return EAGAIN;
        struct tl_queue swap = p->unbound;
        p->unbound = p->taken;
        p->taken = swap;
    }
    while (p->unbound.count > 0) {
        uint32_t index = queue_pop(&p->unbound);
        int error = bind_pair(p, index);
        if (error == 0) {
            p->bound++;
            queue_push(&p->ready, index);
            return 0;
        }
        if (error == EADDRINUSE || error == EACCES) {
            queue_push(&p->taken, index);
            continue;
        }
        queue_push_front(&p->unbound, index);
        if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == ENOSPC) {
            /* ENOSPC: fs.epoll.max_user_watches. Go on with what is bound. */
            p->limit = p->bound;
            p->limit_is_descriptors = true;
        }
        return error;
    }
    p->retry_ns = now_ns + RETRY_TAKEN_NS;
    return EAGAIN;
}

int tl_ports_prepare(struct tl_ports *p, int64_t now_ns)
{
    pthread_mutex_lock(&p->lock);
    int error = 0;
    while (error == 0 && p->ready.count < p->ahead)
        error = bind_next(p, now_ns);
    if (p->ready.count > 0)
        error = 0;
    pthread_mutex_unlock(&p->lock);
    return error == EAGAIN ? EADDRINUSE : error;
}

void tl_ports_set_ahead(struct tl_ports *p, uint32_t ahead)
{
    TL_STORE(p->ahead, ahead);
}

bool tl_ports_drop_one(struct tl_ports *p)
{
    if (TL_LOAD(p->ahead) > 0 || TL_LOAD(p->ready.count) == 0)
        return false;
    if (pthread_mutex_trylock(&p->lock) != 0)
        return true;
    if (p->ready.count > 0) {
        uint32_t index = queue_pop(&p->ready);
        for (int channel = 0; channel < 2; channel++) {
            close(p->sockets[index][channel]);
            p->sockets[index][channel] = 0;
        }
        p->bound--;
        queue_push(&p->unbound, index);
    }
    pthread_mutex_unlock(&p->lock);
    return true;
}

bool tl_ports_fill_one(struct tl_ports *p, int64_t now_ns)
{
    if (TL_LOAD(p->ready.count) >= TL_LOAD(p->ahead))
        return false;
    if (pthread_mutex_trylock(&p->lock) != 0)
        return false; /* packets don't wait for the control thread; there is a next round */
    bool bound = bind_next(p, now_ns) == 0;
    pthread_mutex_unlock(&p->lock);
    return bound;
}

bool tl_ports_take(struct tl_ports *p, int64_t now_ns, uint32_t *index)
{
    pthread_mutex_lock(&p->lock);
    bool have = p->ready.count > 0 || bind_next(p, now_ns) == 0;
    if (have)
        *index = queue_pop(&p->ready);
    pthread_mutex_unlock(&p->lock);
    return have;
}

void tl_ports_give_back(struct tl_ports *p, uint32_t index)
{
    pthread_mutex_lock(&p->lock);
    queue_push(&p->ready, index);
    pthread_mutex_unlock(&p->lock);
}
