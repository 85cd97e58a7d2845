/* Python's view of the compiled part: module engine.native._native, types in _native.pyi. Only conversion happens in binding*.c;
 * every function holds the GIL, which also makes all callers one control thread (media.h). To be included first: it is Python's. */
#ifndef TL_BINDING_H
#define TL_BINDING_H

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "address.h"

/* IPv4 also in IPv6's mapped form, if `family` is AF_INET6. False: not numeric, or of the other family. */
int tl_parse_host(const char *host, int family, struct tl_address *address);

/* The tuple (host, port); NULL with an exception. */
PyObject *tl_address_object(const struct tl_address *address);

extern PyTypeObject tl_MediaType, tl_UdpBatchType;
extern PyMethodDef tl_head_functions[];

#endif
