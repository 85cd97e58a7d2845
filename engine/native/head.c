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
static int is_plain_char(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != ';' && c != ',' && c != '"' && c != '<' && c != '>';
}

/* `;name` and `;name=value`, to the end. */
static inline int split_params(const char *text, size_t at, size_t length, struct tl_param params[TL_PARAMS],
                               int (*is_name_char)(unsigned char), int (*is_value_char)(unsigned char))
{
    int count = 0;
    while (at < length) {
        if (text[at] != ';' || count == TL_PARAMS)
            return -1;
        struct tl_param *p = &params[count++];
        p->name = (uint32_t)++at;
        while (at < length && is_name_char((unsigned char)text[at]))
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

int tl_split_params(const char *text, size_t at, size_t length, struct tl_param params[TL_PARAMS])
{
    return length > UINT32_MAX ? -1 : split_params(text, at, length, params, is_token_char, is_plain_char);
}

static int is_alphanumeric(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int is_among(unsigned char c, const char *others, size_t count)
{
    return c && memchr(others, c, count);
}

/* Host and port from `at` on; where they end, 0 if there are none. An underscore is no letter of a host name, but phones have it. */
static size_t host_port(const char *text, size_t at, size_t length, uint32_t *host, uint32_t *host_end, uint16_t *port)
{
    *host = (uint32_t)at;
    while (at < length && (is_alphanumeric((unsigned char)text[at]) || is_among((unsigned char)text[at], "_.-", 3)))
        at++;
    *host_end = (uint32_t)at;
    *port = 0;
    if (*host == *host_end)
        return 0;
    if (at == length || text[at] != ':')
        return at;
    uint32_t number = 0;
    size_t first = ++at;
    while (at < length && text[at] >= '0' && text[at] <= '9' && at - first < 5)
        number = number * 10 + (uint32_t)(text[at++] - '0');
    if (at == first || number == 0 || number > 65535)
        return 0;
    *port = (uint16_t)number;
    return at;
}

/* RFC 3261 25.1: what uri parameters hold unescaped. */
static int is_uri_param_char(unsigned char c)
{
    static const char others[] = "-_.!~*'()[]/:&+$";
    return is_alphanumeric(c) || is_among(c, others, sizeof others - 1);
}

static int is_user_char(unsigned char c)
{
    static const char others[] = "-_.!~*'()&=+$,;?/";
    return is_alphanumeric(c) || is_among(c, others, sizeof others - 1);
}

int tl_split_uri(const char *text, size_t at, size_t length, struct tl_uri *uri)
{
    if (length > UINT32_MAX || at > length || length - at < 5 || memcmp(text + at, "sip", 3) != 0)
        return 0;
    at += 3;
    uri->is_secure = text[at] == 's';
    at += uri->is_secure;
    if (text[at++] != ':')
        return 0;
    const char *sign = memchr(text + at, '@', length - at);
    uri->has_user = sign != NULL;
    uri->user = uri->user_end = (uint32_t)at;
    if (sign) {
        while (is_user_char((unsigned char)text[at]))
            at++;
        uri->user_end = (uint32_t)at;
        if (text + at != sign || uri->user == uri->user_end)
            return 0;
        at++;
    }
    at = host_port(text, at, length, &uri->host, &uri->host_end, &uri->port);
    if (!at)
        return 0;
    uri->count = split_params(text, at, length, uri->params, is_uri_param_char, is_uri_param_char);
    return uri->count >= 0;
}

int tl_split_address(const char *text, size_t length, struct tl_name_addr *address)
{
    size_t at = 0;
    if (length > UINT32_MAX)
        return 0;
    if (length && text[0] == '"') {
        const char *quote = memchr(text + 1, '"', length - 1);
        if (!quote || memchr(text, '\\', (size_t)(quote - text)))
            return 0;
        address->name = 1;
        address->name_end = (uint32_t)(quote - text);
        at = address->name_end + 1;
        while (at < length && is_blank(text[at]))
            at++;
    } else {
        while (at < length && (is_token_char((unsigned char)text[at]) || is_blank(text[at])))
            at++;
        address->name = 0;
        address->name_end = (uint32_t)at;
        while (address->name < address->name_end && is_blank(text[address->name]))
            address->name++;
        while (address->name_end > address->name && is_blank(text[address->name_end - 1]))
            address->name_end--;
    }
    if (at == length || text[at] != '<')
        return 0;
    address->uri = (uint32_t)++at;
    const char *close = memchr(text + at, '>', length - at);
    if (!close)
        return 0;
    address->uri_end = (uint32_t)(close - text);
    struct tl_uri uri;
    if (!tl_split_uri(text, at, address->uri_end, &uri))
        return 0;
    address->count = tl_split_params(text, address->uri_end + 1, length, address->params);
    return address->count >= 0;
}

int tl_split_via(const char *text, size_t length, struct tl_via *via)
{
    static const char begin[] = "SIP/2.0/";
    size_t at = sizeof begin - 1;
    if (length > UINT32_MAX || length < at || memcmp(text, begin, at) != 0)
        return 0;
    via->transport = (uint32_t)at;
    while (at < length && ((text[at] >= 'A' && text[at] <= 'Z') || (text[at] >= 'a' && text[at] <= 'z')))
        at++;
    via->transport_end = (uint32_t)at;
    if (via->transport == via->transport_end || at == length || text[at] != ' ')
        return 0;
    at = host_port(text, at + 1, length, &via->host, &via->host_end, &via->port);
    if (!at)
        return 0;
    via->count = tl_split_params(text, at, length, via->params);
    return via->count >= 0;
}
