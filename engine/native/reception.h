/* Loss and jitter of a received RTP stream: RFC 3550 sections A.1, A.3, A.8; as engine/media/reception.py.
 *
 * `ssrc`, `has_ssrc`, `lost` and `jitter16` are also read by the control thread, each by itself (see media.h). */
#ifndef TL_RECEPTION_H
#define TL_RECEPTION_H

#include <stdbool.h>
#include <stdint.h>

enum { TL_MAX_DROPOUT = 3000, TL_MAX_MISORDER = 100 };

struct tl_reception {
    int64_t lost;      /* over all SSRCs; negative with duplicates */
    uint32_t jitter16; /* in 1/16 of a clock unit, as RFC 3550 A.8 keeps it */
    uint32_t ssrc;
    uint32_t has_ssrc;
    uint32_t clock_hz;
    int64_t lost_before, received;
    uint32_t cycles, bad_sequence; /* bad_sequence: 65536 for none */
    uint32_t timestamp, transit;
    uint16_t base, highest;
};

void tl_reception_count(struct tl_reception *r, uint32_t ssrc, uint16_t sequence, uint32_t timestamp, int64_t now_ns);

#endif
