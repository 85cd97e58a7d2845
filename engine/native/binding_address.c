/* Addresses between C and Python. */
#include "binding.h"

#include <arpa/inet.h>

int tl_parse_host(const char *host, int family, struct tl_address *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    memset(address, 0, sizeof *address);
    address->family = (uint16_t)family;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        if (family == AF_INET) {
            address->words[0] = v4.s_addr;
        } else {
            address->words[2] = htonl(0xFFFF);
            address->words[3] = v4.s_addr;
        }
        return 1;
    }
    if (family == AF_INET6 && inet_pton(AF_INET6, host, &v6) == 1) {
        memcpy(address->words, &v6, sizeof v6);
        return 1;
    }
    return 0;
}

PyObject *tl_address_object(const struct tl_address *a)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = a->words;
    int family = a->family;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)bytes)) {
        family = AF_INET;
        bytes = &a->words[3];
    }
    if (!inet_ntop(family, bytes, text, sizeof text))
        return PyErr_SetFromErrno(PyExc_OSError);
    return Py_BuildValue("(si)", text, (int)a->port);
}
