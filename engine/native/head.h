/* The head of a SIP message cut into its parts (RFC 3261 7.3), without Python and without copying.
 *
 * Only what nearly all messages look like: lines ended by CRLF, an empty one after the last, each with a colon, none folded. For anything
 * else tl_split_head says 0 and engine/sip/parser.py looks closer; what the parts mean is for it alone to judge.
 */
#ifndef TL_HEAD_H
#define TL_HEAD_H

#include <stddef.h>
#include <stdint.h>

enum { TL_HEAD_LINES = 256, TL_HEAD_LINE_BYTES = 8192 };

/* Offsets into the message. `name` to `colon`; the value without blanks around it from `value` to `end`. */
struct tl_header {
    uint32_t name, colon, value, end;
};

struct tl_head {
    uint32_t start_end; /* of the first line, which begins at 0 */
    uint32_t body;
    int count;
    struct tl_header headers[TL_HEAD_LINES];
};

/* 1 if the head is regular, and `head` is filled; else 0. */
int tl_split_head(const char *data, size_t length, struct tl_head *head);

/* A parameter of a header (RFC 3261 25.1, generic-param): offsets into its text. */
struct tl_param {
    uint32_t name, name_end, value, value_end;
    int has_value;
};

enum { TL_PARAMS = 16 };

/* How many parameters stand from `at` to `length`, each `;name` or `;name=value` without blanks and quotes; -1 for anything else, and for
 * more than TL_PARAMS. */
int tl_split_params(const char *text, size_t at, size_t length, struct tl_param params[TL_PARAMS]);

/* A sip or sips URI in lower case (RFC 3261 19.1) without password, headers and escapes, to a name or an IPv4 address: offsets. */
struct tl_uri {
    uint32_t user, user_end, host, host_end;
    uint16_t port; /* 0: none */
    uint8_t is_secure, has_user;
    int count;
    struct tl_param params[TL_PARAMS];
};

/* 1 if what stands from `at` to `length` is such a URI in which nothing has to be escaped; 0 for anything else. */
int tl_split_uri(const char *text, size_t at, size_t length, struct tl_uri *uri);

/* A name-addr (RFC 3261 20.10): offsets; the display name without its quotes, or without blanks around it. */
struct tl_name_addr {
    uint32_t name, name_end, uri, uri_end;
    int count;
    struct tl_param params[TL_PARAMS];
};

/* 1 if `text` is `name <URI>` with plain parameters and a URI that tl_split_uri takes, without escapes in a quoted name; else 0. */
int tl_split_address(const char *text, size_t length, struct tl_name_addr *address);

/* A Via (RFC 3261 20.42): offsets. */
struct tl_via {
    uint32_t transport, transport_end, host, host_end;
    uint16_t port; /* 0: none */
    int count;
    struct tl_param params[TL_PARAMS];
};

/* 1 if `text` is `SIP/2.0/TRANSPORT host` or `...host:port` with plain parameters, to a name or an IPv4 address; else 0. */
int tl_split_via(const char *text, size_t length, struct tl_via *via);

#endif
