/* libFuzzer target: commands and packets in any order against the relay table, with what must hold after each.
 *
 * Input: records of a kind, an operand and, for packets, a source, a time step, a length and bytes. */
#include <stddef.h>

#include "../relay.h"
#include "check.h"

enum { STREAMS = 6, HOSTS = 4 };

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t next(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static struct tl_address address(uint8_t choice)
{
    struct tl_address a = {.family = AF_INET, .port = (uint16_t)(4000 + (choice >> 2 & 3))};
    a.words[0] = htonl((choice & 3) == HOSTS - 1 ? 0 : 0xC0000201u + (choice & 3));
    if (choice & 0x80)
        a.port = 65535;
    if (choice & 0x40)
        memset(&a, 0, sizeof a);
    return a;
}

static void check_table(struct tl_relay *r)
{
    for (uint32_t i = 0; i < STREAMS; i++) {
        struct tl_stream *s = &r->streams[i];
        struct tl_address wanted[2];
        if (s->peer != TL_NO_PEER && s->state == TL_OPEN) {
            CHECK(s->peer < STREAMS && s->peer != i);
            CHECK(r->streams[s->peer].peer == i && r->streams[s->peer].state == TL_OPEN);
        }
        tl_relay_wanted(s, wanted);
        if (s->learner.phase == TL_FINAL || s->learner.phase == TL_PROVISIONAL)
            CHECK(tl_is_some(&s->learner.source));
        if (s->learner.phase == TL_UNANNOUNCED)
            CHECK(!tl_is_some(&s->learner.source));
        if (tl_is_some(&s->learner.source)) {
            const struct tl_remote *remote = &s->learner.remote; /* nobody but the announced or the signalling host */
            CHECK(tl_same(&s->learner.source, &remote->rtp) || tl_same_host(&s->learner.source, &remote->signalling) ||
                  s->learner.phase == TL_LEARNING);
        }
    }
}

static void packet(struct tl_relay *r, struct input *in, uint8_t operand, int64_t now_ns)
{
    uint8_t source = next(in);
    struct tl_address from = address(source & 0x3F);
    size_t length = next(in);
    if (source & 0x80)
        length += 8u * next(in);
    uint8_t *data = malloc(length ? length : 1);
    for (size_t i = 0; i < length; i++)
        data[i] = next(in);
    uint32_t index = operand % STREAMS;
    struct tl_stream *s = &r->streams[index];
    struct tl_send out = {.stream = TL_NO_PEER};
    uint64_t before = s->counters.packets_in;
    if (s->state == TL_OPEN) {
        bool sends = tl_relay_receive(r, index, operand & 0x80 ? TL_RTCP : TL_RTP, data, length, &from, now_ns, &out);
        if (s->counters.packets_in != before) {
            CHECK(tl_classify(data, length) == TL_KIND_RTP && tl_same(&from, &s->learner.source));
        }
        if (sends) {
            CHECK(out.stream == s->peer && out.stream < STREAMS && r->streams[out.stream].state == TL_OPEN);
            CHECK(tl_is_some(&out.to) && out.to.port != 0 && !tl_is_unspecified(&r->streams[out.stream].learner.remote.rtp));
            tl_relay_sent(r, &out, length, operand & 0x40);
        }
    } else if (s->state == TL_RESTING) {
        tl_relay_discard(s, &from, now_ns);
    }
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct tl_relay r;
    int64_t now_ns = 1000000000;
    CHECK(tl_relay_open(&r, STREAMS, 1000000000));
    while (in.left > 0) {
        uint8_t kind = next(&in), operand = next(&in);
        uint32_t index = operand % STREAMS;
        struct tl_stream *s = &r.streams[index];
        now_ns += (int64_t)(kind >> 4) * 100000000;
        switch (kind & 15) {
        case 0:
            if (s->state == TL_IDLE)
                tl_relay_start(&r, index, s->generation + 1);
            break;
        case 1:
        case 2:
            if (s->state == TL_OPEN) {
                struct tl_remote remote = {.clock_hz = 8000u * (1u + next(&in) % 6u)};
                remote.rtp = address(next(&in));
                remote.rtcp = address(next(&in));
                remote.signalling = address(next(&in));
                if (tl_is_some(&remote.rtp) && remote.rtp.port == 0)
                    break;
                tl_relay_announce(s, &remote, kind & 1);
            }
            break;
        case 3: {
            uint32_t other = next(&in) % STREAMS;
            if (other != index && s->state == TL_OPEN && r.streams[other].state == TL_OPEN)
                tl_relay_pair(&r, index, other);
            break;
        }
        case 4:
            if (s->state == TL_OPEN)
                tl_relay_unpair(&r, index);
            break;
        case 5:
            if (s->state == TL_OPEN)
                tl_relay_watch(s, (int64_t)next(&in) * 10000000, now_ns);
            break;
        case 6:
            if (s->state == TL_OPEN)
                tl_relay_release(&r, index, now_ns);
            break;
        case 7:
            if (s->state == TL_RESTING)
                tl_relay_rest(&r, index);
            break;
        case 8:
            if (s->state == TL_OPEN)
                tl_relay_tick(s, now_ns);
            break;
        default:
            packet(&r, &in, operand, now_ns);
        }
        check_table(&r);
    }
    tl_relay_close(&r);
    return 0;
}
