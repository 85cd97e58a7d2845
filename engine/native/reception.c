#include "reception.h"

#include "atomic.h"

static void restart(struct tl_reception *r, uint16_t sequence)
{
    r->base = r->highest = sequence;
    r->cycles = 0;
    r->received = 1;
    r->bad_sequence = 0x10000;
}

static void advance(struct tl_reception *r, uint16_t sequence)
{
    uint16_t step = (uint16_t)(sequence - r->highest);
    if (step < TL_MAX_DROPOUT) {
        if (sequence < r->highest)
            r->cycles += 0x10000;
        r->highest = sequence;
    } else if (step <= 0x10000 - TL_MAX_MISORDER) {
        if (sequence != r->bad_sequence) {
            r->bad_sequence = (uint16_t)(sequence + 1);
            return; /* one packet far off isn't counted */
        }
        r->lost_before = r->lost; /* two in sequence: the other side restarted */
        restart(r, sequence);
        return;
    }
    r->received++;
}

static void measure_jitter(struct tl_reception *r, uint32_t transit)
{
    int32_t difference = (int32_t)(transit - r->transit);
    uint32_t distance = difference < 0 ? 0u - (uint32_t)difference : (uint32_t)difference;
    /* 64 bits: a jump of the timestamps must not wrap round. */
    uint64_t jitter16 = (uint64_t)r->jitter16 + distance - ((r->jitter16 + 8u) >> 4);
    TL_STORE(r->jitter16, jitter16 > UINT32_MAX - 8u ? UINT32_MAX - 8u : (uint32_t)jitter16);
}

void tl_reception_count(struct tl_reception *r, uint32_t ssrc, uint16_t sequence, uint32_t timestamp, int64_t now_ns)
{
    uint32_t clock_hz = r->clock_hz ? r->clock_hz : 8000;
    uint32_t arrival = (uint32_t)((uint64_t)(now_ns / 1000) * clock_hz / 1000000);
    uint32_t transit = arrival - timestamp;
    bool first = !r->has_ssrc || ssrc != r->ssrc;
    if (first) {
        r->lost_before = r->lost;
        TL_STORE(r->ssrc, ssrc);
        TL_STORE(r->has_ssrc, 1u);
        TL_STORE(r->jitter16, 0u);
        restart(r, sequence);
    } else {
        advance(r, sequence);
        /* Updates of a telephone-event repeat its timestamp (RFC 4733 section 2.5.1.2): not jitter. */
        if (timestamp != r->timestamp)
            measure_jitter(r, transit);
    }
    if (first || timestamp != r->timestamp) {
        r->timestamp = timestamp;
        r->transit = transit;
    }
    TL_STORE(r->lost, r->lost_before + (int64_t)r->cycles + r->highest - r->base + 1 - r->received);
}
