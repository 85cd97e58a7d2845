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

#endif
