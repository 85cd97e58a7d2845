/* Media, as Python has it: media.h with Python's values. */
#include "binding.h"

#include "media.h"

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
    if (self->media || !tl_parse_host(host, self->family, &settings.bind_host) || first < 1 || first % 2 || pairs < 1 ||
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
    if (!tl_parse_host(host, family, address) || port < 1 || port > 65535) {
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
    if (!tl_parse_host(signalling, self->family, &remote.signalling))
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
    source = tl_is_some(&c->source) ? tl_address_object(&c->source) : Py_NewRef(Py_None);
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
        PyObject *source = tl_is_some(&event.learnt) ? tl_address_object(&event.learnt) : Py_NewRef(Py_None);
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

PyTypeObject tl_MediaType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "engine.native._native.Media",
    .tp_doc = "The media thread; see engine/native/media.h.",
    .tp_basicsize = sizeof(Media),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)media_init,
    .tp_dealloc = (destructor)media_dealloc,
    .tp_methods = media_methods,
};
