#define _GNU_SOURCE
#include "media_thread.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "atomic.h"

enum { TICK_MS = 50, DROPS_A_ROUND = 8, NICE = -10 };
enum { PACE_NS = 500000, PACE_WINDOW_NS = 10000000, DENSE_PACKETS = 20, FULL_ROUND = 64, SLICE_NS = 200000 };

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
        tl_relay_discard(&m->relay.streams[index], &from, tl_clock_ns());
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
    bool passes = tl_relay_receive(&m->relay, index, channel, m->packet, length, &from, tl_clock_ns(), &out);
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

static void apply(struct tl_media *m, const struct tl_command *c)
{
    struct tl_relay *relay = &m->relay;
    if (c->kind == TL_START) {
        tl_relay_start(relay, c->index, c->generation);
        enter(m, c->index);
        return;
    }
    struct tl_stream *s = tl_relay_find(relay, c->index, c->generation);
    if (!s)
        return; /* can't be: checked before it was queued */
    switch ((enum tl_command_kind)c->kind) {
    case TL_START:
        break;
    case TL_ANNOUNCE:
        tl_relay_announce(s, &c->remote, c->relearn);
        break;
    case TL_PAIR:
        if (c->other != c->index && tl_relay_find(relay, c->other, c->other_generation))
            tl_relay_pair(relay, c->index, c->other);
        break;
    case TL_UNPAIR:
        tl_relay_unpair(relay, c->index);
        break;
    case TL_WATCH:
        tl_relay_watch(s, c->timeout_ns, tl_clock_ns());
        break;
    case TL_RELEASE:
        /* The sockets stay connected to the old party: its late packets prolong the rest, a stranger's flood does not. */
        tl_relay_release(relay, c->index, tl_clock_ns());
        TL_ADD(m->resting_count, 1);
        break;
    }
    if (s->todo)
        work_off(m, c->index);
}

static void apply_commands(struct tl_media *m)
{
    struct tl_command c;
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
    } wanted = {.size = sizeof wanted, .policy = SCHED_OTHER, .runtime_ns = SLICE_NS};
    const int inherited = getpriority(PRIO_PROCESS, 0);
    wanted.nice = inherited < NICE ? inherited : NICE;
    if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0) {
        wanted.nice = inherited;
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

void *tl_media_thread(void *media)
{
    struct tl_media *m = media;
    TL_STORE(m->thread_id, (int)syscall(SYS_gettid));
    ask_for_promptness();
    int64_t tick_ns = tl_clock_ns();
    struct pace pace = {.since_ns = tick_ns};
    while (!TL_LOAD(m->stopping)) {
        bool busy = tl_ports_fill_one(&m->ports, tl_clock_ns());
        /* Here, where no event of this batch is left: a descriptor that is closed may be another socket's a moment later. */
        for (int i = 0; i < DROPS_A_ROUND && tl_ports_drop_one(&m->ports); i++)
            busy = true;
        int wait_ms = busy ? 0 : TICK_MS;
        int count = epoll_wait(m->epoll, m->batch, (int)m->settings.batch, wait_ms);
        /* First the commands: one given before a packet was sent is applied before that packet is looked at. */
        apply_commands(m);
        for (int i = 0; i < count; i++) {
            if (m->batch[i].data.u64 == TL_WAKE_TAG) {
                uint64_t times;
                (void)!read(m->wake, &times, sizeof times);
            } else {
                readable(m, m->batch[i].data.u64);
            }
        }
        int64_t now_ns = tl_clock_ns();
        if (now_ns >= tick_ns) {
            tick_ns = now_ns + (int64_t)TICK_MS * 1000000;
            tick(m, now_ns);
        }
        keep_pace(&pace, count, now_ns);
    }
    return NULL;
}
