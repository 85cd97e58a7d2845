/* Generates and measures relayed calls: N calls, two sockets each, G.711-sized RTP at 50 packets a second both ways, and RTCP
 * every 5 s. Each packet carries its send stamp; the receiver takes the kernel's stamp (SO_TIMESTAMPNS), so that the
 * generator's own delay in reading does not count. What counts is the relay and, unavoidably, two passes through the stack.
 *
 * Usage: rtp_generator CALLS SECONDS WARM_UP_SECONDS LOCAL_HOST RELAY_HOST FIRST_LOCAL_PORT < ports
 * Standard input: per call a line "A B", the relay's RTP ports. Call i sends from FIRST_LOCAL_PORT + 4i (to A) and + 4i + 2
 * (to B); RTCP from the port after each. Prints one JSON object. Calls are spread evenly over the 20 ms. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 172, HEADER = 12, RTCP_EVERY = 250, BUCKETS = 2000000 }; /* buckets of 0.1 us: up to 200 ms */

static const int64_t TICK_NS = 20000000;

struct side {
    int rtp, rtcp;
    uint32_t ssrc;
    uint16_t sequence;
};

static struct {
    uint32_t calls;
    struct side *sides; /* 2 per call */
    uint32_t *histogram;
    uint64_t sent, received, misdirected, measured_sent, rtcp_sent, rtcp_received, send_errors;
    int64_t measure_from_ns, measure_to_ns, worst_ns, worst_lag_ns;
    uint64_t lag_sum_ns, lag_count;
} g;

static int64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now); /* the clock of SO_TIMESTAMPNS */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "rtp_generator: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int bound(const char *local, int port, const char *relay, int relay_port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || inet_pton(AF_INET, local, &name.sin_addr) != 1 || bind(fd, (struct sockaddr *)&name, sizeof name) != 0)
        fail("bind");
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        fail("SO_TIMESTAMPNS");
    name.sin_port = htons((uint16_t)relay_port);
    if (inet_pton(AF_INET, relay, &name.sin_addr) != 1 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
        fail("connect");
    return fd;
}

static void put32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, 4);
}

static void send_rtp(struct side *s)
{
    uint8_t packet[PACKET] = {0x80, 0};
    uint16_t sequence = ++s->sequence;
    packet[2] = (uint8_t)(sequence >> 8);
    packet[3] = (uint8_t)sequence;
    put32(packet + 4, sequence * 160u);
    put32(packet + 8, s->ssrc);
    int64_t now = wall_ns();
    memcpy(packet + HEADER, &now, sizeof now);
    if (send(s->rtp, packet, sizeof packet, 0) != sizeof packet) {
        g.send_errors++;
        return;
    }
    g.sent++;
    if (now >= g.measure_from_ns && now < g.measure_to_ns)
        g.measured_sent++;
    if (sequence % RTCP_EVERY == s->ssrc % RTCP_EVERY) {
        uint8_t report[8] = {0x80, 201, 0, 1};
        put32(report + 4, s->ssrc);
        if (send(s->rtcp, report, sizeof report, 0) == sizeof report)
            g.rtcp_sent++;
    }
}

static int64_t kernel_stamp(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(c), sizeof at);
            return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
        }
    }
    return 0;
}

static void receive(uint32_t tag)
{
    uint32_t index = tag >> 1;
    struct side *s = &g.sides[index];
    uint8_t packet[2048];
    char control[128];
    struct iovec part = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(tag & 1 ? s->rtcp : s->rtp, &header, MSG_DONTWAIT);
    if (length < 0)
        return;
    if (tag & 1) {
        g.rtcp_received++;
        return;
    }
    uint32_t ssrc;
    int64_t sent_ns;
    memcpy(&ssrc, packet + 8, 4);
    memcpy(&sent_ns, packet + HEADER, sizeof sent_ns);
    if (length != PACKET || ntohl(ssrc) != g.sides[index ^ 1].ssrc) {
        g.misdirected++;
        return;
    }
    if (sent_ns < g.measure_from_ns || sent_ns >= g.measure_to_ns)
        return;
    int64_t took_ns = kernel_stamp(&header) - sent_ns;
    g.received++;
    if (took_ns > g.worst_ns)
        g.worst_ns = took_ns;
    int64_t bucket = took_ns < 0 ? 0 : took_ns / 100;
    g.histogram[bucket >= BUCKETS ? BUCKETS - 1 : bucket]++;
}

static void poll_once(int epoll, int wait_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, wait_ms);
    for (int i = 0; i < count; i++)
        receive(events[i].data.u32);
}

static double quantile_ms(double share)
{
    uint64_t want = (uint64_t)((double)g.received * share), seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += g.histogram[i];
        if (seen > want)
            return i / 1e4;
    }
    return 0;
}

static void watch(int epoll, int fd, uint32_t tag)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.u32 = tag};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest) != 0)
        fail("epoll_ctl");
}

static int number(const char *text, int low, int high, const char *what)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == 0 || *end != 0 || value < low || value > high) {
        fprintf(stderr, "rtp_generator: %s %s must be a number from %d to %d\n", what, text, low, high);
        exit(2);
    }
    return (int)value;
}

static void open_calls(int epoll, const char *local, const char *relay, int first)
{
    for (uint32_t i = 0; i < g.calls; i++) {
        int ports[2];
        if (scanf("%d %d", &ports[0], &ports[1]) != 2) {
            fprintf(stderr, "rtp_generator: no ports for call %u on standard input\n", i);
            exit(2);
        }
        for (int which = 0; which < 2; which++) {
            struct side *s = &g.sides[2 * i + (uint32_t)which];
            int port = first + (int)(4 * i) + 2 * which;
            s->ssrc = 0x10000 + 2 * i + (uint32_t)which;
            s->rtp = bound(local, port, relay, ports[which]);
            s->rtcp = bound(local, port + 1, relay, ports[which] + 1);
            watch(epoll, s->rtp, (2 * i + (uint32_t)which) << 1);
            watch(epoll, s->rtcp, (2 * i + (uint32_t)which) << 1 | 1);
        }
    }
}

/* Side k is due at its own place in every tick; between sends we read what came. */
static void run(int epoll, int64_t start_ns)
{
    uint32_t sides = 2 * g.calls, next = 0;
    int64_t tick_ns = start_ns;
    for (;;) {
        int64_t due_ns = tick_ns + TICK_NS * next / sides;
        int64_t now_ns = wall_ns();
        if (due_ns >= g.measure_to_ns)
            break;
        if (now_ns < due_ns) {
            poll_once(epoll, due_ns - now_ns > 1000000 ? 1 : 0);
            continue;
        }
        int64_t lag_ns = now_ns - due_ns;
        g.lag_sum_ns += (uint64_t)lag_ns;
        g.lag_count++;
        if (lag_ns > g.worst_lag_ns)
            g.worst_lag_ns = lag_ns;
        send_rtp(&g.sides[next]);
        if (next % 8 == 7)
            poll_once(epoll, 0);
        if (++next == sides) {
            next = 0;
            tick_ns += TICK_NS;
        }
    }
    int64_t until_ns = wall_ns() + 300000000; /* what is still on its way */
    while (wall_ns() < until_ns)
        poll_once(epoll, 1);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: rtp_generator CALLS SECONDS WARM_UP_SECONDS LOCAL_HOST RELAY_HOST FIRST_LOCAL_PORT < ports\n");
        return 2;
    }
    g.calls = (uint32_t)number(argv[1], 1, 8000, "CALLS");
    int seconds = number(argv[2], 1, 3600, "SECONDS"), warm_up = number(argv[3], 0, 3600, "WARM_UP_SECONDS");
    int first = number(argv[6], 1024, 65535, "FIRST_LOCAL_PORT");
    if (first + 4 * (int)g.calls > 65536) {
        fprintf(stderr, "rtp_generator: %u calls do not fit above port %d\n", g.calls, first);
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    g.sides = calloc(2ul * g.calls, sizeof *g.sides);
    g.histogram = calloc(BUCKETS, sizeof *g.histogram);
    int epoll = epoll_create1(0);
    if (!g.sides || !g.histogram || epoll < 0)
        fail("start");
    open_calls(epoll, argv[4], argv[5], first);
    int64_t start_ns = wall_ns() + 10000000;
    g.measure_from_ns = start_ns + (int64_t)warm_up * 1000000000;
    g.measure_to_ns = g.measure_from_ns + (int64_t)seconds * 1000000000;
    printf("{\"started\": true}\n");
    fflush(stdout);
    run(epoll, start_ns);
    double lost = g.measured_sent ? 1.0 - (double)g.received / (double)g.measured_sent : 1.0;
    printf("{\"calls\": %u, \"sent\": %llu, \"received\": %llu, \"loss\": %.6f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, "
           "\"max_ms\": %.3f, \"misdirected\": %llu, \"rtcp_sent\": %llu, \"rtcp_received\": %llu, \"send_errors\": %llu, "
           "\"mean_lag_ms\": %.4f, \"worst_lag_ms\": %.3f}\n",
           g.calls, (unsigned long long)g.measured_sent, (unsigned long long)g.received, lost, quantile_ms(0.5),
           quantile_ms(0.99), (double)g.worst_ns / 1e6, (unsigned long long)g.misdirected, (unsigned long long)g.rtcp_sent,
           (unsigned long long)g.rtcp_received, (unsigned long long)g.send_errors,
           g.lag_count ? (double)g.lag_sum_ns / (double)g.lag_count / 1e6 : 0.0, (double)g.worst_lag_ns / 1e6);
    return 0;
}
