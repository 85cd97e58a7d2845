/* The heads of messages and the parameters of headers, as Python has them: head.h with Python's values, and the names met before kept. */
#include "binding.h"

#include "head.h"

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

PyMethodDef tl_head_functions[] = {
    {"plain_params", (PyCFunction)(void (*)(void))plain_params, METH_FASTCALL, NULL},
    {"split_address", (PyCFunction)(void (*)(void))split_address, METH_FASTCALL, NULL},
    {"split_uri", (PyCFunction)(void (*)(void))split_uri, METH_FASTCALL, NULL},
    {"split_via", (PyCFunction)(void (*)(void))split_via, METH_FASTCALL, NULL},
    {"split_head", (PyCFunction)(void (*)(void))split_head, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
