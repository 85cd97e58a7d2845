/* The control thread's side: what may be asked of the media thread (media_thread.c), and what it came to. */
#define _GNU_SOURCE
#include "media.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "atomic.h"
#include "media_thread.h"

enum { COMMANDS = 4096, EVENTS = 4096, STUCK_TRIES = 2000 };

static bool open_all(struct tl_media *m)
{
    const struct tl_settings *s = &m->settings;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    m->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    m->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->epoll < 0 || m->wake < 0 || m->ready < 0)
        return false;
    struct epoll_event interest = {.events = EPOLLIN, .data.u64 = TL_WAKE_TAG};
    if (epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->wake, &interest) != 0)
        return false;
    m->generations = calloc(s->pairs, sizeof *m->generations);
    m->in_use = calloc(s->pairs, sizeof *m->in_use);
    m->connections = calloc(s->pairs, sizeof *m->connections);
    m->active = calloc(s->pairs, sizeof *m->active);
    m->place = calloc(s->pairs, sizeof *m->place);
    m->batch = calloc(s->batch, sizeof *m->batch);
    errno = ENOMEM;
    return m->generations && m->in_use && m->connections && m->active && m->place && m->batch &&
           tl_ring_open(&m->commands, COMMANDS, sizeof(struct tl_command)) &&
           tl_ring_open(&m->events, EVENTS, sizeof(struct tl_event)) &&
           tl_relay_open(&m->relay, s->pairs, s->settle_ns) &&
           tl_ports_open(&m->ports, &s->bind_host, s->first_port, s->pairs, s->bound_limit, s->ahead, m->epoll) == 0;
}

struct tl_media *tl_media_new(const struct tl_settings *settings)
{
    struct tl_media *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->settings = *settings;
    m->epoll = m->wake = m->ready = -1;
    if (!open_all(m)) {
        int error = errno;
        tl_media_free(m);
        errno = error;
        return NULL;
    }
    return m;
}

int tl_media_start(struct tl_media *m)
{
    if (m->running)
        return 0;
    int error = tl_ports_prepare(&m->ports, tl_clock_ns());
    if (error != 0)
        return error;
    /* Signals are for the interpreter's main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&m->thread, NULL, tl_media_thread, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    m->running = error == 0;
    if (m->running)
        pthread_setname_np(m->thread, "media");
    return error;
}

void tl_media_free(struct tl_media *m)
{
    if (!m)
        return;
    if (m->running) {
        uint64_t one = 1;
        TL_STORE(m->stopping, true);
        (void)!write(m->wake, &one, sizeof one);
        pthread_join(m->thread, NULL);
    }
    if (m->ports.sockets)
        tl_ports_close(&m->ports);
    tl_relay_close(&m->relay);
    tl_ring_close(&m->commands);
    tl_ring_close(&m->events);
    int descriptors[] = {m->epoll, m->wake, m->ready};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    }
    free(m->generations);
    free(m->in_use);
    free(m->connections);
    free(m->active);
    free(m->place);
    free(m->batch);
    free(m);
}

/* A full ring is waited for, 50 us at a time up to 0.1 s: the media thread empties it between two batches of packets. */
static enum tl_result queue(struct tl_media *m, const struct tl_command *c)
{
    /* Nobody is woken for a command: the next packet or tick does it, and no packet is looked at before the commands given
     * before it. A call gives eight of them; a wake-up each cost more than all the rest of its media. */
    for (int tries = 0; !tl_ring_push(&m->commands, c); tries++) {
        if (tries == STUCK_TRIES)
            return TL_STUCK;
        uint64_t one = 1;
        (void)!write(m->wake, &one, sizeof one);
        struct timespec pause = {.tv_nsec = 50000};
        nanosleep(&pause, NULL);
    }
    return TL_OK;
}

static bool lives(const struct tl_media *m, uint32_t index, uint32_t generation)
{
    return index < m->settings.pairs && m->in_use[index] && m->generations[index] == generation;
}

enum tl_result tl_media_keep_ready(struct tl_media *m, bool wanted)
{
    uint64_t one = 1;
    tl_ports_set_ahead(&m->ports, wanted ? m->settings.ahead : 0);
    (void)!write(m->wake, &one, sizeof one);
    if (wanted)
        return TL_OK;
    for (int tries = 0; tries < STUCK_TRIES; tries++) {
        struct tl_usage usage;
        tl_media_usage(m, &usage);
        if (usage.ready == 0)
            return TL_OK;
        struct timespec pause = {.tv_nsec = 50000};
        nanosleep(&pause, NULL);
    }
    return TL_STUCK;
}

bool tl_media_allocate(struct tl_media *m, uint32_t *index, uint32_t *generation, uint16_t *port)
{
    if (!tl_ports_take(&m->ports, tl_clock_ns(), index))
        return false;
    *generation = m->generations[*index];
    *port = (uint16_t)(m->settings.first_port + 2 * *index);
    struct tl_command c = {.kind = TL_START, .index = *index, .generation = *generation};
    if (queue(m, &c) != TL_OK) {
        tl_ports_give_back(&m->ports, *index);
        return false;
    }
    m->in_use[*index] = true;
    m->in_use_count++;
    return true;
}

enum tl_result tl_media_set_remote(struct tl_media *m, uint32_t index, uint32_t generation,
                                   const struct tl_remote *remote, bool relearn)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct tl_command c = {
        .kind = TL_ANNOUNCE, .index = index, .generation = generation, .remote = *remote, .relearn = relearn};
    return queue(m, &c);
}

enum tl_result tl_media_pair(struct tl_media *m, uint32_t a, uint32_t a_generation, uint32_t b, uint32_t b_generation)
{
    if (!lives(m, a, a_generation) || !lives(m, b, b_generation))
        return TL_STALE;
    struct tl_command c = {
        .kind = TL_PAIR, .index = a, .generation = a_generation, .other = b, .other_generation = b_generation};
    return queue(m, &c);
}

enum tl_result tl_media_unpair(struct tl_media *m, uint32_t index, uint32_t generation)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct tl_command c = {.kind = TL_UNPAIR, .index = index, .generation = generation};
    return queue(m, &c);
}

enum tl_result tl_media_watch(struct tl_media *m, uint32_t index, uint32_t generation, int64_t timeout_ns)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct tl_command c = {.kind = TL_WATCH, .index = index, .generation = generation, .timeout_ns = timeout_ns};
    return queue(m, &c);
}

enum tl_result tl_media_read(struct tl_media *m, uint32_t index, uint32_t generation, struct tl_reading *now)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct tl_stream *s = &m->relay.streams[index];
    struct tl_counters *from = &s->counters, *to = &now->counters;
    to->packets_in = TL_LOAD(from->packets_in);
    to->bytes_in = TL_LOAD(from->bytes_in);
    to->packets_out = TL_LOAD(from->packets_out);
    to->bytes_out = TL_LOAD(from->bytes_out);
    to->rtcp_in = TL_LOAD(from->rtcp_in);
    to->rtcp_out = TL_LOAD(from->rtcp_out);
    to->stranger = TL_LOAD(from->stranger);
    to->malformed = TL_LOAD(from->malformed);
    to->oversize = TL_LOAD(from->oversize);
    to->no_peer = TL_LOAD(from->no_peer);
    to->send_error = TL_LOAD(from->send_error);
    to->heard_ns = TL_LOAD(from->heard_ns);
    now->reception.lost = TL_LOAD(s->reception.lost);
    now->reception.jitter16 = TL_LOAD(s->reception.jitter16);
    now->reception.ssrc = TL_LOAD(s->reception.ssrc);
    now->reception.has_ssrc = TL_LOAD(s->reception.has_ssrc);
    now->reception.clock_hz = TL_LOAD(s->reception.clock_hz);
    uint32_t version;
    do {
        version = __atomic_load_n(&from->source_version, __ATOMIC_ACQUIRE);
        tl_copy_shared(&to->source, &from->source);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != TL_LOAD(from->source_version));
    return TL_OK;
}

static void add_reading(struct tl_totals *t, const struct tl_reading *r)
{
    const struct tl_counters *c = &r->counters;
    t->packets_in += c->packets_in;
    t->bytes_in += c->bytes_in;
    t->packets_out += c->packets_out;
    t->bytes_out += c->bytes_out;
    t->rtcp_in += c->rtcp_in;
    t->rtcp_out += c->rtcp_out;
    t->stranger += c->stranger;
    t->malformed += c->malformed;
    t->oversize += c->oversize;
    t->no_peer += c->no_peer;
    t->send_error += c->send_error;
    t->lost += r->reception.lost;
}

enum tl_result tl_media_release(struct tl_media *m, uint32_t index, uint32_t generation, struct tl_reading *last)
{
    enum tl_result result = tl_media_read(m, index, generation, last);
    if (result != TL_OK)
        return result;
    struct tl_command c = {.kind = TL_RELEASE, .index = index, .generation = generation};
    result = queue(m, &c);
    if (result == TL_OK) {
        add_reading(&m->past, last);
        m->in_use[index] = false;
        m->in_use_count--;
        m->generations[index]++;
    }
    return result;
}

void tl_media_usage(struct tl_media *m, struct tl_usage *usage)
{
    pthread_mutex_lock(&m->ports.lock);
    usage->ready = m->ports.ready.count;
    usage->taken = m->ports.taken.count;
    usage->limited_by_descriptors = m->ports.limit_is_descriptors && m->ports.bound >= m->ports.limit;
    pthread_mutex_unlock(&m->ports.lock);
    usage->in_use = m->in_use_count;
    usage->quarantined = TL_LOAD(m->resting_count);
    usage->events_held = TL_LOAD(m->events_held);
}

void tl_media_totals(struct tl_media *m, struct tl_totals *totals)
{
    *totals = m->past;
    for (uint32_t index = 0; index < m->settings.pairs; index++) {
        struct tl_reading now;
        if (!m->in_use[index] || tl_media_read(m, index, m->generations[index], &now) != TL_OK)
            continue;
        add_reading(totals, &now);
        if (!now.reception.has_ssrc)
            continue;
        double clock_hz = now.reception.clock_hz ? now.reception.clock_hz : 8000;
        double jitter_ms = now.reception.jitter16 * 1000.0 / 16 / clock_hz;
        totals->receiving++;
        totals->jitter_sum += jitter_ms;
        if (jitter_ms > totals->jitter_max)
            totals->jitter_max = jitter_ms;
    }
}

int tl_media_fileno(const struct tl_media *m)
{
    return m->ready;
}

void tl_media_acknowledge(struct tl_media *m)
{
    uint64_t times;
    (void)!read(m->ready, &times, sizeof times);
}

bool tl_media_take_event(struct tl_media *m, struct tl_event *event)
{
    while (tl_ring_pop(&m->events, event)) {
        if (lives(m, event->index, event->generation))
            return true;
    }
    return false;
}

int tl_media_thread_id(const struct tl_media *m)
{
    return TL_LOAD(m->thread_id);
}
