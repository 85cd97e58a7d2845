/* Drives the cut of a head under AddressSanitizer and UBSan: every beginning of a message, and every byte of it replaced. What it takes is
 * held against the parser by tests/engine/sip/test_head.py. */
#include <string.h>

#include "../head.h"
#include "check.h"

static const char MESSAGE[] = "OPTIONS sip:102@example.com SIP/2.0\r\nVia:SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nTo: \t<sip:102@example.com> \r\n"
                              "Subject:\r\nX: : \r\nl: 2\r\n\r\nhi";

/* Exactly as many bytes as `length`, so that a read past them is seen. */
static int split_exact(const char *data, size_t length, struct tl_head *head)
{
    char *copy = malloc(length ? length : 1);
    CHECK(copy);
    memcpy(copy, data, length);
    int regular = tl_split_head(copy, length, head);
    if (regular) {
        uint32_t before = head->start_end;
        CHECK(before > 0 && head->body <= length && memcmp(copy + head->body - 4, "\r\n\r\n", 4) == 0);
        for (int i = 0; i < head->count; i++) {
            const struct tl_header *h = &head->headers[i];
            CHECK(h->name == before + 2 && h->name <= h->colon && copy[h->colon] == ':');
            CHECK(h->colon < h->value && h->value <= h->end && h->end < head->body);
            before = (uint32_t)((const char *)memchr(copy + h->end, '\r', length - h->end) - copy);
        }
        CHECK(before + 4 == head->body);
    }
    free(copy);
    return regular;
}

static void parameters_are_read_within_bounds(void)
{
    static const char text[] = ";branch=z9hG4bK-1;rport;Received=[2001:db8::1];lr=;x";
    struct tl_param params[TL_PARAMS];
    for (size_t cut = 0; cut < sizeof text; cut++) {
        char *copy = malloc(cut ? cut : 1);
        CHECK(copy);
        memcpy(copy, text, cut);
        for (size_t at = 0; at <= cut; at++) {
            int count = tl_split_params(copy, at, cut, params);
            for (int i = 0; i < count; i++)
                CHECK(params[i].name < params[i].name_end && params[i].name_end <= params[i].value &&
                      params[i].value <= params[i].value_end && params[i].value_end <= cut);
        }
        free(copy);
    }
    CHECK(tl_split_params(text, 0, sizeof text - 1, params) == 5);
    CHECK(params[0].has_value && !params[1].has_value && params[3].has_value && params[3].value == params[3].value_end);
    CHECK(tl_split_params(";a;a;a;a;a;a;a;a;a;a;a;a;a;a;a;a", 0, 32, params) == 16);
    CHECK(tl_split_params(";a;a;a;a;a;a;a;a;a;a;a;a;a;a;a;a;a", 0, 34, params) == -1);
}

/* Exactly as many bytes as `length`; whether a URI, an address, a Via was found, as three bits. */
static int split_values(const char *data, size_t length)
{
    char *copy = malloc(length ? length : 1);
    struct tl_uri uri;
    struct tl_name_addr address;
    struct tl_via via;
    CHECK(copy);
    memcpy(copy, data, length);
    int found = tl_split_uri(copy, 0, length, &uri) | tl_split_address(copy, length, &address) << 1 | tl_split_via(copy, length, &via) << 2;
    if (found & 1)
        CHECK(uri.user <= uri.user_end && uri.host < uri.host_end && uri.host_end <= length);
    if (found & 2)
        CHECK(address.name <= address.name_end && address.name_end < address.uri && address.uri < address.uri_end && address.uri_end < length);
    if (found & 4)
        CHECK(via.transport < via.transport_end && via.transport_end < via.host && via.host < via.host_end && via.host_end <= length);
    free(copy);
    return found;
}

static void values_are_read_within_bounds(void)
{
    static const char *texts[] = {"sips:a+1;b@192.0.2.1:65535;lr;Transport=tcp", "\"A B\" <sip:101@host_1.example:5060;x=y>;tag=1;q=0.5",
                                  "Al B. <sip:example.com>", "SIP/2.0/udp example.com:5060;branch=z9hG4bK-1;rport"};
    static const char bytes[] = {'\0', ' ', '"', '\\', '<', '>', '@', ':', ';', '=', '%', '0', 'a', (char)0xff};
    static const int found[] = {1, 2, 2, 4};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char changed[128];
        size_t length = strlen(texts[i]);
        CHECK(split_values(texts[i], length) == found[i]);
        for (size_t at = 0; at < length; at++) {
            split_values(texts[i], at);
            for (size_t b = 0; b < sizeof bytes; b++) {
                memcpy(changed, texts[i], length);
                changed[at] = bytes[b];
                split_values(changed, length);
            }
        }
    }
    CHECK(split_values("sip:host:65536", 14) == 0 && split_values("sip:host:0", 10) == 0 && split_values("sip:host:", 9) == 0);
    CHECK(split_values("sip:@host", 9) == 0 && split_values("sip:a:b@host", 12) == 0 && split_values("sip:a@b@c", 9) == 0);
}

int main(void)
{
    parameters_are_read_within_bounds();
    values_are_read_within_bounds();
    struct tl_head head;
    size_t length = sizeof MESSAGE - 1;
    for (size_t cut = 0; cut <= length; cut++)
        CHECK(split_exact(MESSAGE, cut, &head) == (cut >= length - 2));
    CHECK(head.count == 5 && head.body == length - 2);
    CHECK(head.headers[1].end - head.headers[1].value == sizeof "<sip:102@example.com>" - 1);
    CHECK(head.headers[2].value == head.headers[2].end);

    char changed[sizeof MESSAGE];
    static const char bytes[] = {'\r', '\n', ':', ' ', '\0', (char)0xff, 'x'};
    for (size_t at = 0; at < length; at++)
        for (size_t i = 0; i < sizeof bytes; i++) {
            memcpy(changed, MESSAGE, sizeof MESSAGE);
            changed[at] = bytes[i];
            split_exact(changed, length, &head);
        }

    size_t most = 3 * TL_HEAD_LINES + TL_HEAD_LINE_BYTES + 64;
    char *large = malloc(most);
    CHECK(large);
    for (int lines = TL_HEAD_LINES - 1; lines <= TL_HEAD_LINES + 1; lines++) {
        size_t at = (size_t)sprintf(large, "A\r\n");
        for (int i = 0; i < lines; i++)
            at += (size_t)sprintf(large + at, "a:\r\n");
        at += (size_t)sprintf(large + at, "\r\n");
        CHECK(split_exact(large, at, &head) == (lines <= TL_HEAD_LINES));
        if (lines <= TL_HEAD_LINES)
            CHECK(head.count == lines);
    }
    for (size_t line = TL_HEAD_LINE_BYTES - 1; line <= TL_HEAD_LINE_BYTES + 1; line++) {
        memset(large, 'A', line);
        memcpy(large + line, "\r\n\r\n", 4);
        CHECK(split_exact(large, line + 4, &head) == (line <= TL_HEAD_LINE_BYTES));
    }
    free(large);
    return 0;
}
