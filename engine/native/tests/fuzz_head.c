/* Whatever is cut lies within the message, in order. Built by ci/fuzz. */
#include "../head.h"
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_head head;
    if (!tl_split_head((const char *)data, size, &head))
        return 0;
    uint32_t before = head.start_end;
    for (int i = 0; i < head.count; i++) {
        const struct tl_header *h = &head.headers[i];
        CHECK(before + 2 <= h->name && h->name <= h->colon && h->colon < h->value && h->value <= h->end);
        before = h->end;
    }
    CHECK(before < head.body && head.body <= size);
    return 0;
}
