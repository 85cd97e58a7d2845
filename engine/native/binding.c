/* Module engine.native._native; types in _native.pyi. */
#include "binding.h"

#include "media.h"

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "engine.native._native",
    .m_doc = "The compiled part of the engine.",
    .m_size = -1,
    .m_methods = tl_head_functions,
};

PyMODINIT_FUNC PyInit__native(void)
{
    PyObject *m = PyModule_Create(&module);
    if (!m)
        return NULL;
    if (PyModule_AddType(m, &tl_MediaType) < 0 || PyModule_AddType(m, &tl_UdpBatchType) < 0 ||
        PyModule_AddIntConstant(m, "MAX_PACKET_BYTES", TL_MAX_PACKET) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
