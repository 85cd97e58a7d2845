/* Drives the relay table and the media thread under AddressSanitizer and UBSan: what memory errors would hide in. The behaviour itself
 * is held to its contract by tests/engine/media. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "../media.h"
#include "../ring.h"
#include "../udp_batch.h"
#include "check.h"

static const int64_t SECOND = 1000000000;

static struct tl_address v4(const char *host, uint16_t port)
{
    struct tl_address a = {.family = AF_INET, .port = port};
    CHECK(inet_pton(AF_INET, host, a.words) == 1);
    return a;
}

static size_t rtp(uint8_t *packet, uint16_t sequence, uint32_t ssrc)
{
    memset(packet, 0x55, 172);
    packet[0] = 0x80;
    packet[1] = 0;
    packet[2] = (uint8_t)(sequence >> 8);
    packet[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++)
        packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    return 172;
}

/* Exactly as many bytes as `length`, so that a read past them is seen. */
static bool receive_exact(struct tl_relay *r, uint32_t index, enum tl_channel channel, const uint8_t *data, size_t length,
                          const struct tl_address *from, int64_t now, struct tl_send *out)
{
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, data, length);
    bool sends = tl_relay_receive(r, index, channel, copy, length, from, now, out);
    free(copy);
    return sends;
}

static void every_short_length_is_read_within_bounds(void)
{
    struct tl_relay r;
    struct tl_send out;
    uint8_t packet[TL_MAX_PACKET];
    CHECK(tl_relay_open(&r, 4, SECOND));
    struct tl_address alice = v4("192.0.2.1", 4000);
    struct tl_remote remote = {.rtp = alice, .clock_hz = 8000};
    tl_relay_start(&r, 0, 7);
    tl_relay_announce(&r.streams[0], &remote, false);
    for (int first = 0; first < 256; first += 64) {
        for (int second = 0; second < 256; second++) {
            for (size_t length = 0; length < 20; length++) {
                rtp(packet, 1, 1);
                packet[0] = (uint8_t)first;
                packet[1] = (uint8_t)second;
                receive_exact(&r, 0, TL_RTP, packet, length, &alice, SECOND, &out);
                receive_exact(&r, 0, TL_RTCP, packet, length, &alice, SECOND, &out);
            }
        }
    }
    CHECK(r.streams[0].counters.malformed > 0 && r.streams[0].counters.packets_in > 0);
    CHECK(!receive_exact(&r, 0, TL_RTP, packet, TL_MAX_PACKET, &alice, SECOND, &out));
    CHECK(tl_classify(packet, TL_MAX_PACKET + 1) == TL_KIND_OVERSIZE);
    tl_relay_close(&r);
}

static void a_call_crosses_and_a_hijacker_does_not(void)
{
    struct tl_relay r;
    struct tl_send out;
    uint8_t packet[172];
    CHECK(tl_relay_open(&r, 2, SECOND));
    struct tl_address alice = v4("192.0.2.1", 4000), bob = v4("192.0.2.2", 5000), mallory = v4("203.0.113.9", 4000);
    struct tl_remote of_alice = {.rtp = alice, .signalling = alice, .clock_hz = 8000}, of_bob = {.rtp = bob, .clock_hz = 8000};
    tl_relay_start(&r, 0, 0);
    tl_relay_start(&r, 1, 0);
    tl_relay_announce(&r.streams[0], &of_alice, false);
    tl_relay_announce(&r.streams[1], &of_bob, false);
    tl_relay_pair(&r, 0, 1);
    CHECK(!tl_relay_receive(&r, 0, TL_RTP, packet, rtp(packet, 1, 1), &mallory, SECOND, &out));
    CHECK(tl_relay_receive(&r, 0, TL_RTP, packet, rtp(packet, 1, 1), &alice, SECOND, &out));
    CHECK(out.stream == 1 && tl_same(&out.to, &bob) && out.channel == TL_RTP);
    CHECK(r.streams[0].learner.phase == TL_FINAL && (r.streams[0].todo & TL_TODO_LEARNT));
    CHECK(!tl_relay_receive(&r, 0, TL_RTP, packet, rtp(packet, 2, 1), &mallory, SECOND, &out));
    tl_relay_watch(&r.streams[0], SECOND, 2 * SECOND);
    tl_relay_tick(&r.streams[0], 3 * SECOND - 1);
    CHECK(!(r.streams[0].todo & TL_TODO_SILENT));
    tl_relay_tick(&r.streams[0], 3 * SECOND);
    CHECK(r.streams[0].todo & TL_TODO_SILENT);
    tl_relay_release(&r, 0, 4 * SECOND);
    CHECK(r.streams[1].peer == TL_NO_PEER);
    CHECK(!tl_relay_find(&r, 0, 0) && !tl_relay_find(&r, 2, 0) && !tl_relay_find(&r, UINT32_MAX, 0));
    tl_relay_rest(&r, 0);
    tl_relay_close(&r);
}

static void figures_survive_extreme_input(void)
{
    struct tl_reception r = {0};
    uint32_t seed = 12345;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        r.clock_hz = seed % 3 ? 8000 : 384000;
        tl_reception_count(&r, seed >> 28, (uint16_t)(seed >> 8), seed, (int64_t)i * (int64_t)(seed >> 4));
    }
    tl_reception_count(&r, 1, 0, 0, INT64_MAX);
}

static void a_ring_is_full_and_empty_at_the_right_time(void)
{
    struct tl_ring ring;
    uint32_t item;
    CHECK(tl_ring_open(&ring, 8, sizeof item));
    ring.head = ring.tail = UINT32_MAX - 3; /* over the wrap */
    for (uint32_t round = 0; round < 5; round++) {
        for (item = 0; item < 8; item++)
            CHECK(tl_ring_push(&ring, &item));
        CHECK(!tl_ring_push(&ring, &item));
        for (uint32_t expected = 0; expected < 8; expected++)
            CHECK(tl_ring_pop(&ring, &item) && item == expected);
        CHECK(!tl_ring_pop(&ring, &item) && tl_ring_is_empty(&ring));
    }
    tl_ring_close(&ring);
}

static int party(const char *host, struct tl_address *name)
{
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    *name = v4(host, 0);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    socklen_t used = tl_to_sockaddr(name, &storage);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&storage, used) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&storage, &length) == 0);
    CHECK(tl_from_sockaddr(name, &storage));
    return fd;
}

static void send_to(int fd, uint16_t port, const uint8_t *packet, size_t length)
{
    struct sockaddr_storage name;
    struct tl_address to = v4("127.0.0.1", port);
    socklen_t used = tl_to_sockaddr(&to, &name);
    CHECK(sendto(fd, packet, length, 0, (struct sockaddr *)&name, used) == (ssize_t)length);
}

static bool wait_readable(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, 5000) == 1;
}

static void the_thread_relays_and_stops_under_load(void)
{
    struct tl_settings settings = {.bind_host = v4("127.0.0.1", 0), .first_port = 46000, .pairs = 200, .bound_limit = 200,
                                   .ahead = 8, .batch = 16, .quarantine_ns = SECOND / 1000, .settle_ns = SECOND};
    uint8_t packet[4000], got[4000];
    struct tl_address alice, bob;
    int a = party("127.0.0.2", &alice), b = party("127.0.0.3", &bob);
    struct tl_remote of_alice = {.rtp = alice, .clock_hz = 8000}, of_bob = {.rtp = bob, .clock_hz = 8000};
    struct tl_media *m = tl_media_new(&settings);
    CHECK(m && tl_media_start(m) == 0);
    int crossed = 0;
    for (int round = 0; round < 300; round++) {
        uint32_t index[2], generation[2];
        uint16_t port[2];
        struct tl_reading reading = {0};
        if (!tl_media_allocate(m, &index[0], &generation[0], &port[0]))
            continue;
        if (!tl_media_allocate(m, &index[1], &generation[1], &port[1])) {
            CHECK(tl_media_release(m, index[0], generation[0], &reading) == TL_OK);
            continue;
        }
        CHECK(tl_media_set_remote(m, index[0], generation[0], &of_alice, false) == TL_OK);
        CHECK(tl_media_set_remote(m, index[1], generation[1], &of_bob, false) == TL_OK);
        CHECK(tl_media_pair(m, index[0], generation[0], index[1], generation[1]) == TL_OK);
        CHECK(tl_media_pair(m, index[0], generation[0], index[0], generation[0] + 1) == TL_STALE);
        CHECK(tl_media_watch(m, index[0], generation[0], 1) == TL_OK);
        rtp(packet, (uint16_t)round, 1);
        send_to(a, port[0], packet, 172);
        send_to(a, port[0], packet, (size_t)(round % 30));
        send_to(a, (uint16_t)(port[0] + 1), packet, 4000);
        if (round % 10 == 0) {
            do { /* packets of earlier rounds may still have been on their way */
                CHECK(wait_readable(b) && recv(b, got, sizeof got, 0) == 172);
            } while (memcmp(got, packet, 172) != 0);
            crossed++;
        }
        CHECK(tl_media_read(m, index[0], generation[0], &reading) == TL_OK);
        CHECK(tl_media_release(m, index[0], generation[0], &reading) == TL_OK);
        CHECK(tl_media_release(m, index[0], generation[0], &reading) == TL_STALE);
        CHECK(tl_media_release(m, index[1], generation[1], &reading) == TL_OK);
        while (recv(b, got, sizeof got, MSG_DONTWAIT) >= 0) {
        }
        struct tl_event event;
        tl_media_acknowledge(m);
        while (tl_media_take_event(m, &event)) {
        }
    }
    CHECK(crossed > 5);
    struct tl_usage usage;
    tl_media_usage(m, &usage);
    CHECK(usage.in_use == 0);
    struct tl_totals totals;
    tl_media_totals(m, &totals);
    CHECK(totals.packets_in >= (uint64_t)crossed && totals.receiving == 0);
    tl_media_free(m);
    close(a);
    close(b);
}

static void an_unusable_address_is_refused(void)
{
    struct tl_settings settings = {.bind_host = v4("192.0.2.7", 0), .first_port = 46000, .pairs = 4, .bound_limit = 4,
                                   .ahead = 2, .batch = 4};
    struct tl_media *m = tl_media_new(&settings);
    CHECK(m && tl_media_start(m) == EADDRNOTAVAIL);
    tl_media_free(m);
    tl_media_free(NULL);
}

static void a_batch_carries_every_length(void)
{
    static uint8_t data[TL_MAX_DATAGRAM];
    static struct tl_udp_batch sender, receiver;
    struct tl_address from, to;
    int a = party("127.0.0.2", &from), b = party("127.0.0.3", &to);
    int error;
    CHECK(tl_udp_batch_open(&sender, a) == 0 && tl_udp_batch_open(&receiver, b) == 0);
    size_t lengths[] = {0, 1, 1500, 9000, 65507};
    for (int i = 0; i < 5; i++) {
        socklen_t used = tl_to_sockaddr(&to, &sender.names[i]);
        tl_udp_batch_put(&sender, i, data, lengths[i], used);
    }
    int sent = 0, received = 0;
    while (sent < 5 || received < 5) {
        if (sent < 5)
            sent += tl_udp_batch_send(&sender, sent, 5, &error);
        CHECK(wait_readable(b));
        int count = tl_udp_batch_receive(&receiver);
        CHECK(count > 0);
        for (int i = 0; i < count; i++) {
            size_t length;
            tl_udp_batch_data(&receiver, i, &length);
            CHECK(length == lengths[received++]);
        }
    }
    CHECK(tl_udp_batch_receive(&receiver) == 0);
    socklen_t used = tl_to_sockaddr(&to, &sender.names[0]);
    tl_udp_batch_put(&sender, 0, data, sizeof data, used);
    CHECK(tl_udp_batch_send(&sender, 0, 1, &error) == 0 && error == EMSGSIZE);
    tl_udp_batch_close(&sender);
    tl_udp_batch_close(&receiver);
    close(a);
    close(b);
}

int main(void)
{
    every_short_length_is_read_within_bounds();
    a_call_crosses_and_a_hijacker_does_not();
    figures_survive_extreme_input();
    a_ring_is_full_and_empty_at_the_right_time();
    the_thread_relays_and_stops_under_load();
    an_unusable_address_is_refused();
    a_batch_carries_every_length();
    puts("native core: all checks passed");
    return 0;
}
