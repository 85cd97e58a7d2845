#define _GNU_SOURCE
#include "media.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "atomic.h"
#include "ports.h"
#include "ring.h"

enum { COMMANDS = 4096, EVENTS = 4096, TICK_MS = 50, STUCK_TRIES = 2000, DROPS_A_ROUND = 8, NICE = -10 };
enum { PACE_NS = 500000, PACE_WINDOW_NS = 10000000, DENSE_PACKETS = 20, FULL_ROUND = 64, SLICE_NS = 200000 };

static const uint64_t WAKE_TAG = UINT64_MAX;

enum command_kind { START, ANNOUNCE, PAIR, UNPAIR, WATCH, RELEASE };

struct command {
    uint32_t kind;
    uint32_t index, generation;
    uint32_t other, other_generation;
    int64_t timeout_ns;
    struct tl_remote remote;
    bool relearn;
};

/* What a pair's sockets are connected to; the media thread's. */
struct connections {
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
    struct connections *connections;
    uint32_t *active; /* streams that are open or resting, dense */
    uint32_t *place;  /* of a stream in `active` */
    uint32_t active_count;
    struct epoll_event *batch;
    uint8_t packet[TL_MAX_PACKET];
};

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- the media thread ---------------------------------------------------------------------------------------------- */

static void reconnect(struct tl_media *m, uint32_t index, enum tl_channel channel, const struct tl_address *wanted)
{
    struct tl_address *connected = &m->connections[index].to[channel];
    int fd = m->ports.sockets[index][channel];
    struct sockaddr_storage name;
    if (connected->family == wanted->family && tl_same(connected, wanted))
        return;
    if (tl_is_some(connected)) {
        struct sockaddr nobody = {.sa_family = AF_UNSPEC};
        (void)connect(fd, &nobody, sizeof nobody); /* the port stays bound */
        memset(connected, 0, sizeof *connected);
    }
    if (tl_is_some(wanted)) {
        socklen_t length = tl_to_sockaddr(wanted, &name);
        /* Without a route, say, the learner's own check of sources stands: only dearer. */
        if (connect(fd, (struct sockaddr *)&name, length) == 0)
            *connected = *wanted;
    }
}

static void sync_sockets(struct tl_media *m, uint32_t index)
{
    struct tl_address wanted[2];
    /* connect() would also fix our own address, to what the route home has: a phone that sends to another one of a machine
     * with several would not be heard any more. */
    if (tl_is_unspecified(&m->settings.bind_host))
        return;
    tl_relay_wanted(&m->relay.streams[index], wanted);
    reconnect(m, index, TL_RTP, &wanted[TL_RTP]);
    reconnect(m, index, TL_RTCP, &wanted[TL_RTCP]);
}

/* Tell what is to be told; what the full ring does not take is told at a later tick. */
static void tell(struct tl_media *m, uint32_t index, uint8_t what)
{
    struct tl_stream *s = &m->relay.streams[index];
    struct tl_event event = {.index = index, .generation = s->generation};
    if (what == TL_TODO_LEARNT)
        event.learnt = s->learner.source;
    else
        event.silent_ns = s->silent_ns;
    if (what == TL_TODO_LEARNT && !tl_is_some(&event.learnt)) {
        s->todo &= (uint8_t)~what; /* overtaken by a new announcement */
        return;
    }
    if (!tl_ring_push(&m->events, &event)) {
        TL_ADD(m->events_held, 1);
        return;
    }
    s->todo &= (uint8_t)~what;
    uint64_t one = 1;
    (void)!write(m->ready, &one, sizeof one);
}

static void work_off(struct tl_media *m, uint32_t index)
{
    struct tl_stream *s = &m->relay.streams[index];
    if (s->todo & TL_TODO_SOCKETS) {
        s->todo &= (uint8_t)~TL_TODO_SOCKETS;
        sync_sockets(m, index);
    }
    if (s->todo & TL_TODO_LEARNT)
        tell(m, index, TL_TODO_LEARNT);
    if (s->todo & TL_TODO_SILENT)
        tell(m, index, TL_TODO_SILENT);
}

static void transmit(struct tl_media *m, const struct tl_send *out, size_t length)
{
    int fd = m->ports.sockets[out->stream][out->channel];
    ssize_t sent;
    const struct tl_address *connected = &m->connections[out->stream].to[out->channel];
    if (tl_is_some(connected) && tl_same(connected, &out->to)) {
        sent = send(fd, m->packet, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
        struct sockaddr_storage name;
        socklen_t name_length = tl_to_sockaddr(&out->to, &name);
        sent = sendto(fd, m->packet, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, name_length);
    }
    tl_relay_sent(&m->relay, out, length, sent == (ssize_t)length);
}

/* The source of every packet is checked, on connected sockets too: what waited in the queue before connect() is still there. */
static bool take_datagram(struct tl_media *m, int fd, size_t *length, struct tl_address *from)
{
    struct sockaddr_storage name;
    socklen_t name_length = sizeof name;
    ssize_t received =
        recvfrom(fd, m->packet, sizeof m->packet, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&name, &name_length);
    if (received < 0)
        return false;
    errno = 0;
    *length = (size_t)received;
    return tl_from_sockaddr(from, &name);
}

/* One only, though more may wait: a later one may belong to the stream that a command not yet applied opens on this port. */
static void discard(struct tl_media *m, uint32_t index, int fd)
{
    struct tl_address from;
    size_t length;
    if (take_datagram(m, fd, &length, &from) && m->relay.streams[index].state == TL_RESTING)
        tl_relay_discard(&m->relay.streams[index], &from, clock_ns());
}

static void readable(struct tl_media *m, uint64_t tag)
{
    uint32_t index = (uint32_t)(tag >> 1);
    enum tl_channel channel = tag & 1 ? TL_RTCP : TL_RTP;
    int fd = m->ports.sockets[index][channel];
    struct tl_stream *s = &m->relay.streams[index];
    struct tl_address from;
    struct tl_send out;
    size_t length;
    if (s->state != TL_OPEN) {
        discard(m, index, fd);
        return;
    }
    if (!take_datagram(m, fd, &length, &from)) {
        if (errno != 0 && errno != EAGAIN && errno != EINTR)
            TL_ADD(s->counters.send_error, 1); /* by ICMP: the remote port is closed; later it may be open */
        return;
    }
    bool passes = tl_relay_receive(&m->relay, index, channel, m->packet, length, &from, clock_ns(), &out);
    if (s->todo) /* before the packet leaves: who sees it can rely on the event being there */
        work_off(m, index);
    if (passes)
        transmit(m, &out, length);
}

static void enter(struct tl_media *m, uint32_t index)
{
    m->place[index] = m->active_count;
    m->active[m->active_count++] = index;
}

static void leave(struct tl_media *m, uint32_t index)
{
    uint32_t last = m->active[--m->active_count];
    m->active[m->place[index]] = last;
    m->place[last] = m->place[index];
}

static void apply(struct tl_media *m, const struct command *c)
{
    struct tl_relay *relay = &m->relay;
    if (c->kind == START) {
        tl_relay_start(relay, c->index, c->generation);
        enter(m, c->index);
        return;
    }
    struct tl_stream *s = tl_relay_find(relay, c->index, c->generation);
    if (!s)
        return; /* can't be: checked before it was queued */
    switch ((enum command_kind)c->kind) {
    case START:
        break;
    case ANNOUNCE:
        tl_relay_announce(s, &c->remote, c->relearn);
        break;
    case PAIR:
        if (c->other != c->index && tl_relay_find(relay, c->other, c->other_generation))
            tl_relay_pair(relay, c->index, c->other);
        break;
    case UNPAIR:
        tl_relay_unpair(relay, c->index);
        break;
    case WATCH:
        tl_relay_watch(s, c->timeout_ns, clock_ns());
        break;
    case RELEASE:
        /* The sockets stay connected to the old party: its late packets prolong the rest, a stranger's flood does not. */
        tl_relay_release(relay, c->index, clock_ns());
        TL_ADD(m->resting_count, 1);
        break;
    }
    if (s->todo)
        work_off(m, c->index);
}

static void apply_commands(struct tl_media *m)
{
    struct command c;
    while (tl_ring_pop(&m->commands, &c))
        apply(m, &c);
}

static void tick(struct tl_media *m, int64_t now_ns)
{
    for (uint32_t i = m->active_count; i-- > 0;) { /* backwards: leave() moves the last one here */
        uint32_t index = m->active[i];
        struct tl_stream *s = &m->relay.streams[index];
        if (s->state == TL_OPEN) {
            tl_relay_tick(s, now_ns);
            if (s->todo)
                work_off(m, index);
        } else if (tl_relay_has_rested(s, now_ns, m->settings.quarantine_ns)) {
            leave(m, index);
            tl_relay_rest(&m->relay, index);
            sync_sockets(m, index);
            TL_ADD(m->resting_count, -1);
            tl_ports_give_back(&m->ports, index);
        }
    }
}

/* Packets have deadlines, the interpreter beside us has none: a better share of the processor, where we may (CAP_SYS_NICE), and
 * short slices, which bring the next turn sooner (kernels from 6.12; earlier ones ignore it). Refusals are borne. */
static void ask_for_promptness(void)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    } wanted = {.size = sizeof wanted, .policy = SCHED_OTHER, .nice = NICE, .runtime_ns = SLICE_NS};
    if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0) {
        wanted.nice = 0;
        (void)syscall(SYS_sched_setattr, 0, &wanted, 0);
    }
}

/* Many packets a millisecond: let them gather for PACE_NS before the next look instead of waking up for each. That saves a
 * quarter of the processor time and delays by half of PACE_NS in the mean; with few packets it would save nothing. */
struct pace {
    int64_t since_ns;
    uint32_t packets;
    bool is_dense;
};

static void keep_pace(struct pace *p, int count, int64_t now_ns)
{
    p->packets += count > 0 ? (uint32_t)count : 0;
    if (now_ns - p->since_ns >= PACE_WINDOW_NS) {
        p->is_dense = p->packets >= DENSE_PACKETS;
        p->packets = 0;
        p->since_ns = now_ns;
    }
    if (p->is_dense && count < FULL_ROUND) {
        struct timespec pause = {.tv_nsec = PACE_NS};
        nanosleep(&pause, NULL);
    }
}

static void *run(void *argument)
{
    struct tl_media *m = argument;
    TL_STORE(m->thread_id, (int)syscall(SYS_gettid));
    ask_for_promptness();
    int64_t tick_ns = clock_ns();
    struct pace pace = {.since_ns = tick_ns};
    while (!TL_LOAD(m->stopping)) {
        bool busy = tl_ports_fill_one(&m->ports, clock_ns());
        /* Here, where no event of this batch is left: a descriptor that is closed may be another socket's a moment later. */
        for (int i = 0; i < DROPS_A_ROUND && tl_ports_drop_one(&m->ports); i++)
            busy = true;
        int wait_ms = busy ? 0 : TICK_MS;
        int count = epoll_wait(m->epoll, m->batch, (int)m->settings.batch, wait_ms);
        /* First the commands: one given before a packet was sent is applied before that packet is looked at. */
        apply_commands(m);
        for (int i = 0; i < count; i++) {
            if (m->batch[i].data.u64 == WAKE_TAG) {
                uint64_t times;
                (void)!read(m->wake, &times, sizeof times);
            } else {
                readable(m, m->batch[i].data.u64);
            }
        }
        int64_t now_ns = clock_ns();
        if (now_ns >= tick_ns) {
            tick_ns = now_ns + (int64_t)TICK_MS * 1000000;
            tick(m, now_ns);
        }
        keep_pace(&pace, count, now_ns);
    }
    return NULL;
}

/* ---- the control thread -------------------------------------------------------------------------------------------- */

static bool open_all(struct tl_media *m)
{
    const struct tl_settings *s = &m->settings;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    m->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    m->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->epoll < 0 || m->wake < 0 || m->ready < 0)
        return false;
    struct epoll_event interest = {.events = EPOLLIN, .data.u64 = WAKE_TAG};
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
           tl_ring_open(&m->commands, COMMANDS, sizeof(struct command)) &&
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
    int error = tl_ports_prepare(&m->ports, clock_ns());
    if (error != 0)
        return error;
    /* Signals are for the interpreter's main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&m->thread, NULL, run, m);
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
static enum tl_result queue(struct tl_media *m, const struct command *c)
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
    if (!tl_ports_take(&m->ports, clock_ns(), index))
        return false;
    *generation = m->generations[*index];
    *port = (uint16_t)(m->settings.first_port + 2 * *index);
    struct command c = {.kind = START, .index = *index, .generation = *generation};
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
    struct command c = {
        .kind = ANNOUNCE, .index = index, .generation = generation, .remote = *remote, .relearn = relearn};
    return queue(m, &c);
}

enum tl_result tl_media_pair(struct tl_media *m, uint32_t a, uint32_t a_generation, uint32_t b, uint32_t b_generation)
{
    if (!lives(m, a, a_generation) || !lives(m, b, b_generation))
        return TL_STALE;
    struct command c = {
        .kind = PAIR, .index = a, .generation = a_generation, .other = b, .other_generation = b_generation};
    return queue(m, &c);
}

enum tl_result tl_media_unpair(struct tl_media *m, uint32_t index, uint32_t generation)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct command c = {.kind = UNPAIR, .index = index, .generation = generation};
    return queue(m, &c);
}

enum tl_result tl_media_watch(struct tl_media *m, uint32_t index, uint32_t generation, int64_t timeout_ns)
{
    if (!lives(m, index, generation))
        return TL_STALE;
    struct command c = {.kind = WATCH, .index = index, .generation = generation, .timeout_ns = timeout_ns};
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
    struct command c = {.kind = RELEASE, .index = index, .generation = generation};
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
