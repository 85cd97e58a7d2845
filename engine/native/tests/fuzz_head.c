/* Whatever is cut lies within the message, in order. Built by ci/fuzz. */
#include "../head.h"
#include "check.h"

static void check_params(const struct tl_param *params, int count, size_t size)
{
    uint32_t before = 0;
    for (int i = 0; i < count; i++) {
        const struct tl_param *p = &params[i];
        CHECK(before < p->name && p->name < p->name_end && p->name_end <= p->value && p->value <= p->value_end);
        before = p->value_end;
    }
    CHECK(before <= size);
}

/* The input is a header's value, too. */
static void split_values(const char *text, size_t size)
{
    struct tl_uri uri;
    if (tl_split_uri(text, 0, size, &uri)) {
        CHECK(uri.user <= uri.user_end && uri.user_end <= uri.host && uri.host < uri.host_end && uri.host_end <= size);
        check_params(uri.params, uri.count, size);
    }
    struct tl_name_addr address;
    if (tl_split_address(text, size, &address)) {
        CHECK(address.name <= address.name_end && address.name_end < address.uri && address.uri < address.uri_end);
        check_params(address.params, address.count, size);
    }
    struct tl_via via;
    if (tl_split_via(text, size, &via)) {
        CHECK(via.transport < via.transport_end && via.transport_end < via.host && via.host < via.host_end && via.host_end <= size);
        check_params(via.params, via.count, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_head head;
    split_values((const char *)data, size);
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
