/* UdpBatch, as Python has it: udp_batch.h with Python's values, and the peers' addresses kept. */
#include "binding.h"

#include <structmember.h>

#include <stddef.h>

#include "udp_batch.h"

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
    PyObject *tuple = tl_address_object(&address);
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
    if (!host || strlen(host) != (size_t)length || !tl_parse_host(host, self->family, &address) || port < 1 || port > 65535) {
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
        PyObject *peer = tl_from_sockaddr(&to, &self->batch.names[done]) ? tl_address_object(&to) : Py_NewRef(Py_None);
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

PyTypeObject tl_UdpBatchType = {
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
