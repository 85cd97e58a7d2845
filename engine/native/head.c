#include "head.h"

#include <string.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where the line that begins at `at` ends, -1 if it is not ended by CRLF, holds a lone CR or LF, or is too long. */
static ptrdiff_t line_end(const char *data, size_t length, size_t at)
{
    const char *from = data + at;
    size_t most = length - at;
    if (most > TL_HEAD_LINE_BYTES + 2)
        most = TL_HEAD_LINE_BYTES + 2;
    const char *feed = memchr(from, '\n', most);
    if (!feed || feed == from || feed[-1] != '\r')
        return -1;
    const char *end = feed - 1;
    if (memchr(from, '\r', (size_t)(end - from)))
        return -1;
    return end - data;
}

int tl_split_head(const char *data, size_t length, struct tl_head *head)
{
    if (length > UINT32_MAX)
        return 0;
    ptrdiff_t end = line_end(data, length, 0);
    if (end <= 0)
        return 0;
    head->start_end = (uint32_t)end;
    head->count = 0;
    for (;;) {
        size_t at = (size_t)end + 2;
        end = line_end(data, length, at);
        if (end < 0)
            return 0;
        if ((size_t)end == at) {
            head->body = (uint32_t)at + 2;
            return 1;
        }
        const char *colon = memchr(data + at, ':', (size_t)end - at);
        if (!colon || head->count == TL_HEAD_LINES)
            return 0;
        size_t value = (size_t)(colon - data) + 1, last = (size_t)end;
        while (value < last && is_blank(data[value]))
            value++;
        while (last > value && is_blank(data[last - 1]))
            last--;
        head->headers[head->count++] =
            (struct tl_header){(uint32_t)at, (uint32_t)(colon - data), (uint32_t)value, (uint32_t)last};
    }
}

/* RFC 3261 25.1, token. */
static int is_token_char(unsigned char c)
{
    static const char others[] = "-.!%*_+`'~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && memchr(others, c, sizeof others - 1));
}

/* Liberal as engine/sip/grammar.py is: a value may hold what is neither blank nor a separator. */
static int is_value_char(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != ';' && c != ',' && c != '"' && c != '<' && c != '>';
}

int tl_split_params(const char *text, size_t at, size_t length, struct tl_param params[TL_PARAMS])
{
    int count = 0;
    if (length > UINT32_MAX)
        return -1;
    while (at < length) {
        if (text[at] != ';' || count == TL_PARAMS)
            return -1;
        struct tl_param *p = &params[count++];
        p->name = (uint32_t)++at;
        while (at < length && is_token_char((unsigned char)text[at]))
            at++;
        p->name_end = p->value = p->value_end = (uint32_t)at;
        p->has_value = at < length && text[at] == '=';
        if (p->name == p->name_end)
            return -1;
        if (!p->has_value)
            continue;
        p->value = (uint32_t)++at;
        while (at < length && is_value_char((unsigned char)text[at]))
            at++;
        p->value_end = (uint32_t)at;
    }
    return count;
}
