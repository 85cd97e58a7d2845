/* Python's view of the compiled part: module engine.native._native, types in _native.pyi. Only conversion happens here;
 * every function holds the GIL, which also makes all callers one control thread (media.h). */
#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <arpa/inet.h>
#include <stddef.h>

#include "head.h"
#include "media.h"
#include "udp_batch.h"

/* ---- addresses ----------------------------------------------------------------------------------------------------- */

/* IPv4 also in IPv6's mapped form, if `family` is AF_INET6. False: not numeric, or of the other family. */
static int parse_host(const char *host, int family, struct tl_address *address)
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

static PyObject *address_object(const struct tl_address *a)
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

/* ---- Media --------------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    struct tl_media *media;
    int family;
} Media;

static struct tl_media *opened(Media *self)
{
    if (!self->media)
        PyErr_SetString(PyExc_ValueError, "the media thread is closed");
    return self->media;
}

static int media_init(Media *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"bind_host", "first_port", "pairs", "bound_limit", "ahead", "batch", "quarantine_s", "settle_s", NULL};
    const char *host;
    unsigned int first, pairs, limit, ahead, batch;
    double quarantine_s, settle_s;
    struct tl_settings settings = {0};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "sIIIIIdd", names, &host, &first, &pairs, &limit, &ahead, &batch,
                                     &quarantine_s, &settle_s))
        return -1;
    self->family = strchr(host, ':') ? AF_INET6 : AF_INET;
    if (self->media || !parse_host(host, self->family, &settings.bind_host) || first < 1 || first % 2 || pairs < 1 ||
        first + 2ul * pairs - 1 > 65535 || limit < 1 || ahead < 1 || batch < 1 || batch > 1024 ||
        !(quarantine_s >= 0 && quarantine_s <= 3600) || !(settle_s >= 0 && settle_s <= 3600)) {
        PyErr_SetString(PyExc_ValueError, "media settings out of range");
        return -1;
    }
    settings.first_port = (uint16_t)first;
    settings.pairs = pairs;
    settings.bound_limit = limit;
    settings.ahead = ahead;
    settings.batch = batch;
    settings.quarantine_ns = (int64_t)(quarantine_s * 1e9);
    settings.settle_ns = (int64_t)(settle_s * 1e9);
    self->media = tl_media_new(&settings);
    if (!self->media) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static PyObject *media_close(Media *self, PyObject *Py_UNUSED(none))
{
    struct tl_media *media = self->media;
    self->media = NULL;
    Py_BEGIN_ALLOW_THREADS
    tl_media_free(media);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static void media_dealloc(Media *self)
{
    tl_media_free(self->media);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *media_start(Media *self, PyObject *Py_UNUSED(none))
{
    if (!opened(self))
        return NULL;
    int error = tl_media_start(self->media);
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* True, False for a past handle, or RuntimeError. */
static PyObject *outcome(enum tl_result result)
{
    if (result == TL_STUCK) {
        PyErr_SetString(PyExc_RuntimeError, "the media thread takes no commands; it is stuck or starved");
        return NULL;
    }
    return PyBool_FromLong(result == TL_OK);
}

static PyObject *media_keep_ready(Media *self, PyObject *args)
{
    int wanted;
    if (!opened(self) || !PyArg_ParseTuple(args, "p", &wanted))
        return NULL;
    return outcome(tl_media_keep_ready(self->media, wanted));
}

static PyObject *media_allocate(Media *self, PyObject *Py_UNUSED(none))
{
    uint32_t index, generation;
    uint16_t port;
    if (!opened(self))
        return NULL;
    if (!tl_media_allocate(self->media, &index, &generation, &port))
        Py_RETURN_NONE;
    return Py_BuildValue("(IIi)", index, generation, (int)port);
}

/* A tuple (host, port) or None. */
static int parse_address(PyObject *object, int family, struct tl_address *address)
{
    const char *host;
    int port;
    memset(address, 0, sizeof *address);
    if (object == Py_None)
        return 1;
    if (!PyTuple_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "an address is a tuple (host, port) or None");
        return 0;
    }
    if (!PyArg_ParseTuple(object, "si", &host, &port))
        return 0;
    if (!parse_host(host, family, address) || port < 1 || port > 65535) {
        PyErr_Format(PyExc_ValueError, "%s port %d is no address of the bound family", host, port);
        return 0;
    }
    address->port = (uint16_t)port;
    return 1;
}

static PyObject *media_set_remote(Media *self, PyObject *args)
{
    unsigned int index, generation, clock_hz;
    PyObject *rtp, *rtcp;
    const char *signalling;
    int relearn;
    struct tl_remote remote = {0};
    if (!opened(self) || !PyArg_ParseTuple(args, "IIOOsIp", &index, &generation, &rtp, &rtcp, &signalling, &clock_hz, &relearn) ||
        !parse_address(rtp, self->family, &remote.rtp) || !parse_address(rtcp, self->family, &remote.rtcp))
        return NULL;
    if (!parse_host(signalling, self->family, &remote.signalling))
        memset(&remote.signalling, 0, sizeof remote.signalling);
    remote.clock_hz = clock_hz;
    return outcome(tl_media_set_remote(self->media, index, generation, &remote, relearn));
}

static PyObject *media_pair(Media *self, PyObject *args)
{
    unsigned int a, a_generation, b, b_generation;
    if (!opened(self) || !PyArg_ParseTuple(args, "IIII", &a, &a_generation, &b, &b_generation))
        return NULL;
    return outcome(tl_media_pair(self->media, a, a_generation, b, b_generation));
}

static PyObject *media_unpair(Media *self, PyObject *args)
{
    unsigned int index, generation;
    if (!opened(self) || !PyArg_ParseTuple(args, "II", &index, &generation))
        return NULL;
    return outcome(tl_media_unpair(self->media, index, generation));
}

static PyObject *media_watch(Media *self, PyObject *args)
{
    unsigned int index, generation;
    double timeout_s;
    if (!opened(self) || !PyArg_ParseTuple(args, "IId", &index, &generation, &timeout_s))
        return NULL;
    if (!(timeout_s >= 0 && timeout_s <= 1e6)) {
        PyErr_SetString(PyExc_ValueError, "a silence time-out lies between 0 (off) and 1000000 s");
        return NULL;
    }
    return outcome(tl_media_watch(self->media, index, generation, (int64_t)(timeout_s * 1e9)));
}

static PyObject *reading_object(const struct tl_reading *r)
{
    const struct tl_counters *c = &r->counters;
    double clock_hz = r->reception.clock_hz ? r->reception.clock_hz : 8000;
    PyObject *ssrc = NULL, *heard = NULL, *source = NULL, *reading = NULL;
    ssrc = r->reception.has_ssrc ? PyLong_FromUnsignedLong(r->reception.ssrc) : Py_NewRef(Py_None);
    heard = c->heard_ns ? PyFloat_FromDouble((double)c->heard_ns / 1e9) : Py_NewRef(Py_None);
    source = tl_is_some(&c->source) ? address_object(&c->source) : Py_NewRef(Py_None);
    if (ssrc && heard && source)
        reading = Py_BuildValue("(KKKKKKLdOKKKKKOO)", (unsigned long long)c->packets_in, (unsigned long long)c->bytes_in,
                                (unsigned long long)c->packets_out, (unsigned long long)c->bytes_out,
                                (unsigned long long)c->rtcp_in, (unsigned long long)c->rtcp_out,
                                (long long)r->reception.lost, r->reception.jitter16 * 1000.0 / 16 / clock_hz, ssrc,
                                (unsigned long long)c->stranger, (unsigned long long)c->malformed,
                                (unsigned long long)c->oversize, (unsigned long long)c->no_peer,
                                (unsigned long long)c->send_error, heard, source);
    Py_XDECREF(ssrc);
    Py_XDECREF(heard);
    Py_XDECREF(source);
    return reading;
}

static PyObject *read_with(Media *self, PyObject *args,
                           enum tl_result (*function)(struct tl_media *, uint32_t, uint32_t, struct tl_reading *))
{
    unsigned int index, generation;
    struct tl_reading reading = {0};
    if (!opened(self) || !PyArg_ParseTuple(args, "II", &index, &generation))
        return NULL;
    switch (function(self->media, index, generation, &reading)) {
    case TL_OK:
        return reading_object(&reading);
    case TL_STALE:
        Py_RETURN_NONE;
    case TL_STUCK:
        break;
    }
    return outcome(TL_STUCK);
}

static PyObject *media_counters(Media *self, PyObject *args)
{
    return read_with(self, args, tl_media_read);
}

static PyObject *media_release(Media *self, PyObject *args)
{
    return read_with(self, args, tl_media_release);
}

static PyObject *media_usage(Media *self, PyObject *Py_UNUSED(none))
{
    struct tl_usage u;
    if (!opened(self))
        return NULL;
    tl_media_usage(self->media, &u);
    return Py_BuildValue("(IIIIN)", u.in_use, u.ready, u.quarantined, u.taken, PyBool_FromLong(u.limited_by_descriptors));
}

static PyObject *media_totals(Media *self, PyObject *Py_UNUSED(none))
{
    struct tl_totals t;
    if (!opened(self))
        return NULL;
    tl_media_totals(self->media, &t);
    return Py_BuildValue("(KKKKKKKKKKKLIdd)", (unsigned long long)t.packets_in, (unsigned long long)t.bytes_in,
                         (unsigned long long)t.packets_out, (unsigned long long)t.bytes_out,
                         (unsigned long long)t.rtcp_in, (unsigned long long)t.rtcp_out, (unsigned long long)t.stranger,
                         (unsigned long long)t.malformed, (unsigned long long)t.oversize,
                         (unsigned long long)t.no_peer, (unsigned long long)t.send_error, (long long)t.lost,
                         t.receiving, t.jitter_sum, t.jitter_max);
}

static PyObject *media_fileno(Media *self, PyObject *Py_UNUSED(none))
{
    return opened(self) ? PyLong_FromLong(tl_media_fileno(self->media)) : NULL;
}

static PyObject *media_thread_id(Media *self, PyObject *Py_UNUSED(none))
{
    return opened(self) ? PyLong_FromLong(tl_media_thread_id(self->media)) : NULL;
}

static PyObject *media_take_events(Media *self, PyObject *Py_UNUSED(none))
{
    struct tl_event event;
    if (!opened(self))
        return NULL;
    PyObject *events = PyList_New(0);
    if (!events)
        return NULL;
    tl_media_acknowledge(self->media);
    while (tl_media_take_event(self->media, &event)) {
        PyObject *source = tl_is_some(&event.learnt) ? address_object(&event.learnt) : Py_NewRef(Py_None);
        PyObject *item =
            source ? Py_BuildValue("(IINd)", event.index, event.generation, source, (double)event.silent_ns / 1e9) : NULL;
        if (!item || PyList_Append(events, item) != 0) {
            Py_XDECREF(item);
            Py_DECREF(events);
            return NULL;
        }
        Py_DECREF(item);
    }
    return events;
}

static PyMethodDef media_methods[] = {
    {"start", (PyCFunction)media_start, METH_NOARGS, NULL},
    {"allocate", (PyCFunction)media_allocate, METH_NOARGS, NULL},
    {"set_remote", (PyCFunction)media_set_remote, METH_VARARGS, NULL},
    {"pair", (PyCFunction)media_pair, METH_VARARGS, NULL},
    {"unpair", (PyCFunction)media_unpair, METH_VARARGS, NULL},
    {"watch", (PyCFunction)media_watch, METH_VARARGS, NULL},
    {"release", (PyCFunction)media_release, METH_VARARGS, NULL},
    {"counters", (PyCFunction)media_counters, METH_VARARGS, NULL},
    {"keep_ready", (PyCFunction)media_keep_ready, METH_VARARGS, NULL},
    {"usage", (PyCFunction)media_usage, METH_NOARGS, NULL},
    {"totals", (PyCFunction)media_totals, METH_NOARGS, NULL},
    {"fileno", (PyCFunction)media_fileno, METH_NOARGS, NULL},
    {"thread_id", (PyCFunction)media_thread_id, METH_NOARGS, NULL},
    {"take_events", (PyCFunction)media_take_events, METH_NOARGS, NULL},
    {"close", (PyCFunction)media_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject MediaType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "engine.native._native.Media",
    .tp_doc = "The media thread; see engine/native/media.h.",
    .tp_basicsize = sizeof(Media),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)media_init,
    .tp_dealloc = (destructor)media_dealloc,
    .tp_methods = media_methods,
};

/* ---- UdpBatch ------------------------------------------------------------------------------------------------------ */

enum { KNOWN_PEERS = 1024 }; /* a power of two */

/* The (host, port) tuple of a peer heard before: making one anew costs more than receiving the datagram. */
struct known_peer {
    struct tl_address address;
    PyObject *tuple;
};

typedef struct {
    PyObject_HEAD
    struct tl_udp_batch batch;
    int family;
    unsigned long long icmp_errors, refused;
    PyObject *last_refusal;
    struct known_peer known[KNOWN_PEERS];
} UdpBatch;

static int udp_init(UdpBatch *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"descriptor", NULL};
    int fd;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "i", names, &fd))
        return -1;
    if (self->batch.buffers) {
        PyErr_SetString(PyExc_ValueError, "already open");
        return -1;
    }
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (name.ss_family != AF_INET && name.ss_family != AF_INET6) {
        PyErr_SetString(PyExc_ValueError, "not an IPv4 or IPv6 socket");
        return -1;
    }
    self->family = name.ss_family;
    Py_XSETREF(self->last_refusal, PyUnicode_FromString(""));
    if (!self->last_refusal)
        return -1;
    if (tl_udp_batch_open(&self->batch, fd) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void udp_dealloc(UdpBatch *self)
{
    tl_udp_batch_close(&self->batch);
    Py_XDECREF(self->last_refusal);
    for (int i = 0; i < KNOWN_PEERS; i++)
        Py_XDECREF(self->known[i].tuple);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *peer_tuple(UdpBatch *self, const struct sockaddr_storage *name)
{
    struct tl_address address;
    if (!tl_from_sockaddr(&address, name)) {
        PyErr_SetString(PyExc_OSError, "a datagram without an IP address");
        return NULL;
    }
    uint32_t hash = address.words[0] ^ address.words[1] ^ address.words[2] ^ address.words[3] ^ address.port * 0x9E3779B1u;
    struct known_peer *known = &self->known[(hash ^ hash >> 16) & (KNOWN_PEERS - 1)];
    if (known->tuple && tl_same(&known->address, &address))
        return Py_NewRef(known->tuple);
    PyObject *tuple = address_object(&address);
    if (tuple) {
        known->address = address;
        Py_XSETREF(known->tuple, Py_NewRef(tuple));
    }
    return tuple;
}

static PyObject *udp_receive(UdpBatch *self, PyObject *Py_UNUSED(none))
{
    if (!self->batch.buffers) {
        PyErr_SetString(PyExc_ValueError, "not open");
        return NULL;
    }
    int count = tl_udp_batch_receive(&self->batch);
    self->icmp_errors = self->batch.icmp_errors;
    if (count < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    PyObject *received = PyList_New(count);
    for (int i = 0; received && i < count; i++) {
        size_t length;
        const uint8_t *data = tl_udp_batch_data(&self->batch, i, &length);
        PyObject *bytes = PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)length);
        PyObject *peer = bytes ? peer_tuple(self, &self->batch.names[i]) : NULL;
        PyObject *item = peer ? PyTuple_Pack(2, bytes, peer) : NULL;
        Py_XDECREF(bytes);
        Py_XDECREF(peer);
        if (!item)
            Py_CLEAR(received);
        else
            PyList_SET_ITEM(received, i, item);
    }
    return received;
}

static int refuse(UdpBatch *self, PyObject *why)
{
    if (!why)
        return -1;
    self->refused++;
    Py_XSETREF(self->last_refusal, why);
    return 0;
}

enum put_result { PUT_FAILED = -1, PUT_REFUSED, PUT_DONE, PUT_AFTER_SENDING };

/* Put an item of `send`'s argument. One to be refused waits until those before it are sent: only then it is dealt with. */
static enum put_result put(UdpBatch *self, int slot, PyObject *item)
{
    PyObject *bytes, *host_object;
    int port;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a datagram is a tuple (bytes, (host, port))");
        return PUT_FAILED;
    }
    if (!PyArg_ParseTuple(item, "S(Ui)", &bytes, &host_object, &port))
        return PUT_FAILED;
    struct tl_address address;
    Py_ssize_t length = 0;
    const char *host = PyUnicode_AsUTF8AndSize(host_object, &length);
    if (!host)
        PyErr_Clear(); /* lone surrogates: no host */
    if (!host || strlen(host) != (size_t)length || !parse_host(host, self->family, &address) || port < 1 || port > 65535) {
        if (slot > 0)
            return PUT_AFTER_SENDING;
        PyObject *why =
            PyUnicode_FromFormat("%R:%d is no numeric address and port of the socket's family", host_object, port);
        return refuse(self, why) == 0 ? PUT_REFUSED : PUT_FAILED;
    }
    address.port = (uint16_t)port;
    socklen_t used = tl_to_sockaddr(&address, &self->batch.names[slot]);
    tl_udp_batch_put(&self->batch, slot, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes), used);
    return PUT_DONE;
}

/* Send the slots [0, count); how many were dealt with, fewer if the socket is full, -1 with an exception. */
static int send_slots(UdpBatch *self, int count)
{
    int done = 0, error = 0;
    while (done < count) {
        int sent = tl_udp_batch_send(&self->batch, done, count, &error);
        self->icmp_errors = self->batch.icmp_errors;
        done += sent;
        if (sent > 0)
            continue;
        if (error == EAGAIN)
            break;
        if (error == EBADF || error == ENOTSOCK) {
            errno = error;
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        struct tl_address to;
        PyObject *peer = tl_from_sockaddr(&to, &self->batch.names[done]) ? address_object(&to) : Py_NewRef(Py_None);
        int refused = peer ? refuse(self, PyUnicode_FromFormat("%S: %s", peer, strerror(error))) : -1;
        Py_XDECREF(peer);
        if (refused != 0)
            return -1;
        done++;
    }
    return done;
}

static PyObject *udp_send(UdpBatch *self, PyObject *datagrams)
{
    if (!self->batch.buffers) {
        PyErr_SetString(PyExc_ValueError, "not open");
        return NULL;
    }
    /* Items are borrowed from the list: nothing below runs Python code that could change it. */
    PyObject *items = PySequence_Fast(datagrams, "send takes a sequence of datagrams");
    if (!items)
        return NULL;
    Py_ssize_t total = PySequence_Fast_GET_SIZE(items), next = 0;
    while (next < total) {
        Py_ssize_t first = next;
        int count = 0;
        enum put_result result = PUT_DONE;
        for (; next < total && count < TL_BATCH && result == PUT_DONE; next += result != PUT_AFTER_SENDING) {
            result = put(self, count, PySequence_Fast_GET_ITEM(items, next));
            if (result == PUT_FAILED)
                goto failed;
            count += result == PUT_DONE;
        }
        int done = count > 0 ? send_slots(self, count) : 0;
        if (done < 0)
            goto failed;
        if (done < count) {
            next = first + done;
            break;
        }
    }
    Py_DECREF(items);
    return PyLong_FromSsize_t(next);
failed:
    Py_DECREF(items);
    return NULL;
}

static PyMethodDef udp_methods[] = {
    {"receive", (PyCFunction)udp_receive, METH_NOARGS, NULL},
    {"send", (PyCFunction)udp_send, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef udp_members[] = {
    {"icmp_errors", T_ULONGLONG, offsetof(UdpBatch, icmp_errors), READONLY, NULL},
    {"refused", T_ULONGLONG, offsetof(UdpBatch, refused), READONLY, NULL},
    {"last_refusal", T_OBJECT, offsetof(UdpBatch, last_refusal), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject UdpBatchType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "engine.native._native.UdpBatch",
    .tp_doc = "UDP datagrams in batches; see engine/runtime/udp_batch.py.",
    .tp_basicsize = sizeof(UdpBatch),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)udp_init,
    .tp_dealloc = (destructor)udp_dealloc,
    .tp_methods = udp_methods,
    .tp_members = udp_members,
};

/* ---- heads of messages, parameters of headers ----------------------------------------------------------------------- */

enum { KNOWN_NAMES = 512, KNOWN_NAME_BYTES = 31 }; /* the first a power of two */

/* A spelling of a header name met before, and what `names` has for it: looking that up takes a string, and making one is what is dear. */
struct known_name {
    uint8_t length;
    char spelling[KNOWN_NAME_BYTES];
    PyObject *canonical;
};

static struct known_name known_names[KNOWN_NAMES];
static PyObject *known_of; /* the `names` that they are from */

static void know_anew(PyObject *names)
{
    for (int i = 0; i < KNOWN_NAMES; i++)
        Py_CLEAR(known_names[i].canonical);
    memset(known_names, 0, sizeof known_names);
    Py_XSETREF(known_of, Py_NewRef(names));
}

/* The canonical name, a borrowed reference; NULL without an exception if `names` has none. */
static PyObject *canonical_name(PyObject *names, const char *spelling, size_t length)
{
    struct known_name *slot = NULL;
    if (length > 0 && length <= KNOWN_NAME_BYTES) {
        uint32_t hash = (uint32_t)length;
        for (size_t i = 0; i < length; i++)
            hash = (hash ^ (uint8_t)spelling[i]) * 16777619u;
        slot = &known_names[(hash ^ hash >> 16) % KNOWN_NAMES];
        if (slot->length == length && memcmp(slot->spelling, spelling, length) == 0)
            return slot->canonical;
    }
    PyObject *text = PyUnicode_DecodeUTF8(spelling, (Py_ssize_t)length, "surrogateescape");
    if (!text)
        return NULL;
    PyObject *canonical = PyDict_GetItemWithError(names, text);
    Py_DECREF(text);
    if (canonical && slot) {
        slot->length = (uint8_t)length;
        memcpy(slot->spelling, spelling, length);
        Py_XSETREF(slot->canonical, Py_NewRef(canonical));
    }
    return canonical;
}

/* The headers as a list of pairs, without Content-Length, whose value goes to `length_text`. NULL without an exception if the head is not
 * regular after all: a name that is not known, or two Content-Lengths. */
static PyObject *pairs_of(const char *data, const struct tl_head *head, PyObject *names, PyObject **length_text)
{
    static const char CONTENT_LENGTH[] = "Content-Length";
    PyObject *length_name = canonical_name(names, CONTENT_LENGTH, sizeof CONTENT_LENGTH - 1);
    PyObject *pairs = PyErr_Occurred() ? NULL : PyList_New(0);
    for (int i = 0; pairs && i < head->count; i++) {
        const struct tl_header *h = &head->headers[i];
        PyObject *name = canonical_name(names, data + h->name, h->colon - h->name);
        if (!name || (name == length_name && *length_text)) {
            Py_CLEAR(pairs);
            break;
        }
        PyObject *value = PyUnicode_DecodeUTF8(data + h->value, (Py_ssize_t)(h->end - h->value), "surrogateescape");
        if (name == length_name) {
            *length_text = value;
        } else {
            PyObject *pair = value ? PyTuple_Pack(2, name, value) : NULL;
            Py_XDECREF(value);
            if (!pair || PyList_Append(pairs, pair) < 0)
                Py_CLEAR(pairs);
            Py_XDECREF(pair);
        }
        if (PyErr_Occurred())
            Py_CLEAR(pairs);
    }
    return pairs;
}

static PyObject *split_head(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 2 || !PyBytes_Check(args[0]) || !PyDict_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "split_head takes the bytes of a message and a dict of header names");
        return NULL;
    }
    const char *data = PyBytes_AS_STRING(args[0]);
    PyObject *names = args[1];
    struct tl_head head;
    if (!tl_split_head(data, (size_t)PyBytes_GET_SIZE(args[0]), &head))
        Py_RETURN_NONE;
    if (names != known_of)
        know_anew(names);
    PyObject *length_text = NULL;
    PyObject *pairs = pairs_of(data, &head, names, &length_text);
    if (!pairs) {
        Py_XDECREF(length_text);
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    PyObject *start = PyUnicode_DecodeUTF8(data, (Py_ssize_t)head.start_end, "surrogateescape");
    PyObject *body = PyLong_FromUnsignedLong(head.body);
    PyObject *parts = start && body ? PyTuple_Pack(4, start, pairs, body, length_text ? length_text : Py_None) : NULL;
    Py_XDECREF(start);
    Py_XDECREF(body);
    Py_XDECREF(length_text);
    Py_DECREF(pairs);
    return parts;
}

enum { PARAM_NAMES = 64 }; /* a power of two */

/* The names of parameters met before, in lower case. */
static PyObject *known_params[PARAM_NAMES];

/* A new reference; NULL with an exception. `text` is of token characters. */
static PyObject *param_name(const char *text, Py_ssize_t length)
{
    char lower[16];
    PyObject **slot = NULL;
    if (length <= (Py_ssize_t)sizeof lower) {
        uint32_t hash = (uint32_t)length;
        for (Py_ssize_t i = 0; i < length; i++) {
            lower[i] = (char)Py_TOLOWER(text[i]);
            hash = (hash ^ (uint8_t)lower[i]) * 16777619u;
        }
        slot = &known_params[(hash ^ hash >> 16) % PARAM_NAMES];
        if (*slot && PyUnicode_GET_LENGTH(*slot) == length && memcmp(PyUnicode_1BYTE_DATA(*slot), lower, (size_t)length) == 0)
            return Py_NewRef(*slot);
    }
    PyObject *name = PyUnicode_New(length, 127);
    if (!name)
        return NULL;
    for (Py_ssize_t i = 0; i < length; i++)
        PyUnicode_1BYTE_DATA(name)[i] = (Py_UCS1)Py_TOLOWER(text[i]);
    if (slot)
        Py_XSETREF(*slot, Py_NewRef(name));
    return name;
}

/* The characters of a text that is all ASCII, else NULL. */
static const char *ascii_of(PyObject *text)
{
    return PyUnicode_IS_ASCII(text) ? (const char *)PyUnicode_1BYTE_DATA(text) : NULL;
}

static PyObject *pairs_of_params(const char *text, const struct tl_param *params, int count)
{
    PyObject *pairs = PyTuple_New(count);
    for (int i = 0; pairs && i < count; i++) {
        const struct tl_param *p = &params[i];
        PyObject *name = param_name(text + p->name, (Py_ssize_t)(p->name_end - p->name));
        PyObject *value = p->has_value ? PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text + p->value,
                                                                   (Py_ssize_t)(p->value_end - p->value))
                                       : Py_NewRef(Py_None);
        PyObject *pair = name && value ? PyTuple_Pack(2, name, value) : NULL;
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (pair)
            PyTuple_SET_ITEM(pairs, i, pair);
        else
            Py_CLEAR(pairs);
    }
    return pairs;
}

static PyObject *plain_params(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 2 || !PyUnicode_Check(args[0]) || !PyLong_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "plain_params takes a text and where its parameters begin");
        return NULL;
    }
    Py_ssize_t begin = PyLong_AsSsize_t(args[1]), length = PyUnicode_GET_LENGTH(args[0]);
    if (begin == -1 && PyErr_Occurred())
        return NULL;
    if (begin < 0 || begin > length || !PyUnicode_IS_ASCII(args[0]))
        Py_RETURN_NONE;
    struct tl_param params[TL_PARAMS];
    const char *text = ascii_of(args[0]);
    int found = tl_split_params(text, (size_t)begin, (size_t)length, params);
    if (found < 0)
        Py_RETURN_NONE;
    return pairs_of_params(text, params, found);
}

/* A text and the class of named tuples to make of it; 0 with an exception if they are not. */
static int are_text_and_tuple(PyObject *const *args, Py_ssize_t count)
{
    if (count == 2 && PyUnicode_Check(args[0]) && PyType_Check(args[1]) &&
        PyType_IsSubtype((PyTypeObject *)args[1], &PyTuple_Type))
        return 1;
    PyErr_SetString(PyExc_TypeError, "expected a text and the class of named tuples to make of it");
    return 0;
}

/* An instance of `type` with these items, whose references it takes; NULL with an exception if one of them is NULL. */
static PyObject *named(PyObject *type, PyObject **items, Py_ssize_t count)
{
    int whole = 1;
    for (Py_ssize_t i = 0; i < count; i++)
        whole = whole && items[i];
    PyObject *made = whole ? ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, count) : NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        if (made)
            PyTuple_SET_ITEM(made, i, items[i]);
        else
            Py_XDECREF(items[i]);
    return made;
}

static PyObject *piece(const char *text, uint32_t begin, uint32_t end)
{
    return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text + begin, (Py_ssize_t)(end - begin));
}

static PyObject *port_or_none(uint16_t port)
{
    return port ? PyLong_FromLong(port) : Py_NewRef(Py_None);
}

static PyObject *split_uri(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (!are_text_and_tuple(args, count))
        return NULL;
    const char *text = ascii_of(args[0]);
    struct tl_uri uri;
    if (!text || !tl_split_uri(text, 0, (size_t)PyUnicode_GET_LENGTH(args[0]), &uri))
        Py_RETURN_NONE;
    PyObject *items[] = {
        PyUnicode_InternFromString(uri.is_secure ? "sips" : "sip"),
        uri.has_user ? piece(text, uri.user, uri.user_end) : Py_NewRef(Py_None),
        Py_NewRef(Py_None),
        piece(text, uri.host, uri.host_end),
        port_or_none(uri.port),
        pairs_of_params(text, uri.params, uri.count),
        PyTuple_New(0),
        PyUnicode_FromStringAndSize(NULL, 0),
    };
    return named(args[1], items, 8);
}

static PyObject *split_address(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (!are_text_and_tuple(args, count))
        return NULL;
    const char *text = ascii_of(args[0]);
    struct tl_name_addr address;
    if (!text || !tl_split_address(text, (size_t)PyUnicode_GET_LENGTH(args[0]), &address))
        Py_RETURN_NONE;
    PyObject *items[] = {
        piece(text, address.name, address.name_end),
        piece(text, address.uri, address.uri_end),
        pairs_of_params(text, address.params, address.count),
    };
    return named(args[1], items, 3);
}

static PyObject *split_via(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (!are_text_and_tuple(args, count))
        return NULL;
    const char *text = ascii_of(args[0]);
    struct tl_via via;
    if (!text || !tl_split_via(text, (size_t)PyUnicode_GET_LENGTH(args[0]), &via))
        Py_RETURN_NONE;
    static PyObject *udp;
    if (!udp && !(udp = PyUnicode_InternFromString("UDP")))
        return NULL;
    size_t length = via.transport_end - via.transport;
    PyObject *transport = NULL;
    if (length == 3 && memcmp(text + via.transport, "UDP", 3) == 0)
        transport = Py_NewRef(udp);
    else if ((transport = PyUnicode_New((Py_ssize_t)length, 127)))
        for (size_t i = 0; i < length; i++)
            PyUnicode_1BYTE_DATA(transport)[i] = (Py_UCS1)Py_TOUPPER(text[via.transport + i]);
    PyObject *items[] = {
        transport,
        piece(text, via.host, via.host_end),
        port_or_none(via.port),
        pairs_of_params(text, via.params, via.count),
    };
    return named(args[1], items, 4);
}

static PyMethodDef functions[] = {
    {"plain_params", (PyCFunction)(void (*)(void))plain_params, METH_FASTCALL, NULL},
    {"split_address", (PyCFunction)(void (*)(void))split_address, METH_FASTCALL, NULL},
    {"split_uri", (PyCFunction)(void (*)(void))split_uri, METH_FASTCALL, NULL},
    {"split_via", (PyCFunction)(void (*)(void))split_via, METH_FASTCALL, NULL},
    {"split_head", (PyCFunction)(void (*)(void))split_head, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

/* ---- the module ---------------------------------------------------------------------------------------------------- */

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "engine.native._native",
    .m_doc = "The compiled part of the engine.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__native(void)
{
    PyObject *m = PyModule_Create(&module);
    if (!m)
        return NULL;
    if (PyModule_AddType(m, &MediaType) < 0 || PyModule_AddType(m, &UdpBatchType) < 0 ||
        PyModule_AddIntConstant(m, "MAX_PACKET_BYTES", TL_MAX_PACKET) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
