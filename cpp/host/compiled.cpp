// A Python type of its own, not nanobind's: a vectorcall that looks at NumPy's array directly costs a third of a bound
// function with array arguments. What does not fit this fast way exactly (a list, another dtype, a wrong shape, an
// answer that is not finite) is handed to a Python function, which converts it or raises the error that teaches.
#include "compiled.hpp"

#include <Python.h>
#include <structmember.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <cmath>
#include <cstddef>

#include "records.hpp"

namespace nb = nanobind;

namespace pellucid {
namespace {

// (x - mean) / scale for each column before the first layer, and y * scale + mean after the last; empty: nothing to do.
struct Scaling {
    std::vector<double> mean, scale;
};

struct Network {
    Answerer answerer;
    Scaling before, after;
    std::string text;
    bool fast;  // whether plain arrays can be answered here at all
};

struct Compiled {
    PyObject_HEAD vectorcallfunc call;
    Network* network;
    PyObject* slow;  // slow(compiled, x, out): everything but the fast way
};

template <class T>
bool all_finite(const T* from, long long n) {
    T total = 0;
    for (long long i = 0; i < n; i++) total += from[i] * T(0);
    return total == 0;
}

// The answers of finite rows, in the units of the target. False where one is not finite.
template <class T>
bool answer(const Network& net, const T* X, long long rows, T* out) {
    const long long n_in = net.answerer.n_in(), n_out = net.answerer.n_out();
    std::vector<T> scaled;
    if (!net.before.mean.empty()) {
        scaled.resize(size_t(rows * n_in));
        for (long long i = 0; i < rows * n_in; i++)
            scaled[size_t(i)] = T((X[i] - net.before.mean[size_t(i % n_in)]) / net.before.scale[size_t(i % n_in)]);
        X = scaled.data();
    }
    net.answerer.answer(X, rows, out);
    if (!net.after.mean.empty())
        for (long long i = 0; i < rows * n_out; i++)
            out[i] = T(out[i] * net.after.scale[size_t(i % n_out)] + net.after.mean[size_t(i % n_out)]);
    return all_finite(X, rows * n_in) && all_finite(out, rows * n_out);
}

bool answer(const Network& net, PyArrayObject* x, long long rows, PyArrayObject* out) {
    if (net.answerer.wide()) return answer(net, (const double*)PyArray_DATA(x), rows, (double*)PyArray_DATA(out));
    return answer(net, (const float*)PyArray_DATA(x), rows, (float*)PyArray_DATA(out));
}

// Whether an object is a plain array of the network's type, in C order, of 1 or 2 axes of which the last is n long.
bool fits(const Network& net, PyObject* given, long long n, int least_flags) {
    if (!PyArray_CheckExact(given)) return false;
    auto* array = (PyArrayObject*)given;
    const int ndim = PyArray_NDIM(array);
    return PyArray_TYPE(array) == (net.answerer.wide() ? NPY_DOUBLE : NPY_FLOAT) && (ndim == 1 || ndim == 2) &&
           PyArray_DIM(array, ndim - 1) == n && PyArray_CHKFLAGS(array, least_flags) && PyArray_ISNOTSWAPPED(array);
}

bool may_share(PyArrayObject* x, long long x_bytes, PyArrayObject* out, long long out_bytes) {
    const char *a = (const char*)PyArray_DATA(x), *b = (const char*)PyArray_DATA(out);
    return a < b + out_bytes && b < a + x_bytes;
}

PyObject* go_slow(Compiled* self, PyObject* x, PyObject* out) {
    return PyObject_CallFunctionObjArgs(self->slow, (PyObject*)self, x, out, nullptr);
}

// Many rows are answered with the interpreter let go: what takes longer than this many multiplications.
constexpr long long LONG_WORK = 100000;

PyObject* fast_way(Compiled* self, PyObject* x, PyObject* out) {
    const Network& net = *self->network;
    const int n_out = net.answerer.n_out(), flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
    if (!net.fast || !fits(net, x, net.answerer.n_in(), flags)) return go_slow(self, x, out);
    auto* array = (PyArrayObject*)x;
    const int ndim = PyArray_NDIM(array);
    const long long rows = ndim == 2 ? PyArray_DIM(array, 0) : 1;
    if (rows == 0) return go_slow(self, x, out);
    PyArrayObject* to;
    if (out == Py_None) {
        npy_intp shape[2] = {rows, n_out};
        to = (PyArrayObject*)PyArray_SimpleNew(ndim, ndim == 2 ? shape : shape + 1,
                                               net.answerer.wide() ? NPY_DOUBLE : NPY_FLOAT);
        if (!to) return nullptr;
    } else {
        if (!fits(net, out, n_out, flags | NPY_ARRAY_WRITEABLE)) return go_slow(self, x, out);
        to = (PyArrayObject*)out;
        const bool same = PyArray_NDIM(to) == ndim && (ndim == 1 || PyArray_DIM(to, 0) == rows);
        if (!same || may_share(array, PyArray_NBYTES(array), to, PyArray_NBYTES(to))) return go_slow(self, x, out);
        Py_INCREF(to);
    }
    bool finite = false;
    try {
        if (rows * (net.answerer.n_in() + n_out) < LONG_WORK) {
            finite = answer(net, array, rows, to);
        } else {
            nb::gil_scoped_release released;
            finite = answer(net, array, rows, to);
        }
    } catch (const std::bad_alloc&) {
        Py_DECREF(to);
        return PyErr_NoMemory();
    }
    if (finite) return (PyObject*)to;
    Py_DECREF(to);
    return go_slow(self, x, out);
}

// compiled(x, out=None)
PyObject* vectorcall(PyObject* self, PyObject* const* args, size_t given, PyObject* names) {
    const Py_ssize_t positional = PyVectorcall_NARGS(given), named = names ? PyTuple_GET_SIZE(names) : 0;
    PyObject *x = positional > 0 ? args[0] : nullptr, *out = positional > 1 ? args[1] : nullptr;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject* name = PyTuple_GET_ITEM(names, i);
        PyObject** place = PyUnicode_CompareWithASCIIString(name, "out") == 0 ? &out
                           : PyUnicode_CompareWithASCIIString(name, "x") == 0 ? &x
                                                                              : nullptr;
        if (!place || *place) {
            PyErr_Format(PyExc_TypeError, "a compiled network takes x and out=, each once; it was given %R", name);
            return nullptr;
        }
        *place = args[positional + i];
    }
    if (positional > 2 || !x) {
        PyErr_SetString(PyExc_TypeError, "a compiled network takes one row or rows x, and out= for the answer");
        return nullptr;
    }
    return fast_way((Compiled*)self, x, out ? out : Py_None);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(((Compiled*)self)->slow);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

int clear(PyObject* self) {
    Py_CLEAR(((Compiled*)self)->slow);
    return 0;
}

void finish(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    delete ((Compiled*)self)->network;
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

PyObject* represent(PyObject* self) { return PyUnicode_FromString(((Compiled*)self)->network->text.c_str()); }

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Compiled, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

const char doc[] =
    "A network that answers rows quickly, made by `net.compile()`.\n\n"
    "Call it with one row (n_in,), or rows (n, n_in): it answers what `net.predict` would, in the same shape. `out=` "
    "takes an\n"
    "array for the answer and returns it. It is a copy: training the network further does not change it.";

PyType_Slot slots[] = {
    {Py_tp_call, (void*)PyVectorcall_Call},
    {Py_tp_members, members},
    {Py_tp_traverse, (void*)traverse},
    {Py_tp_clear, (void*)clear},
    {Py_tp_dealloc, (void*)finish},
    {Py_tp_repr, (void*)represent},
    {Py_tp_doc, (void*)doc},
    {0, nullptr},
};

PyType_Spec spec = {
    "pellucid.engines._native.Compiled",
    sizeof(Compiled),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    slots,
};

using Input = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

// One parameter: which layer, which (0 W, 1 b), and its values.
using Given = std::tuple<int, int, Input>;

PyTypeObject* compiled_type = nullptr;

Scaling scaling(std::vector<double> mean, std::vector<double> scale, int n) {
    refuse_if(mean.size() != scale.size() || (!mean.empty() && mean.size() != size_t(n)),
              "not one mean and scale a column");
    return {std::move(mean), std::move(scale)};
}

nb::object compile(const std::string& level, bool wide, const std::vector<LayerRecord>& records, nb::list parameters,
                   std::vector<double> mean, std::vector<double> scale, std::vector<double> out_mean,
                   std::vector<double> out_scale, const std::string& text, nb::object slow, bool fast) {
    const Level* chosen = level.empty() ? &best_level() : level_named(level);
    refuse_if(!chosen, "this machine has no instruction set named " + level);
    auto network =
        std::make_unique<Network>(Network{Answerer(*chosen, wide, plain_layers(records)), {}, {}, text, fast});
    network->before = scaling(std::move(mean), std::move(scale), network->answerer.n_in());
    network->after = scaling(std::move(out_mean), std::move(out_scale), network->answerer.n_out());
    for (nb::handle item : parameters) {
        nb::tuple given;
        int layer = 0, which = 0;
        Input values;
        const bool right = nb::try_cast(item, given) && given.size() == 3 && nb::try_cast(given[0], layer) &&
                           nb::try_cast(given[1], which) && nb::try_cast(given[2], values);
        if (!right) throw nb::type_error("parameters are (layer, which, values)");
        if (values.dtype() != (wide ? nb::dtype<double>() : nb::dtype<float>()))
            throw nb::type_error("wrong number type");
        refuse_if((long long)values.size() != network->answerer.size_of(layer, which), "wrong number of values");
        network->answerer.write(layer, which, values.data());
    }
    Compiled* made = PyObject_GC_New(Compiled, compiled_type);
    if (!made) throw nb::python_error();
    made->call = vectorcall;
    made->network = network.release();
    made->slow = slow.release().ptr();
    PyObject_GC_Track(made);
    return nb::steal((PyObject*)made);
}

}  // namespace

void bind_compiled(nb::module_& m) {
    if (_import_array() < 0) throw nb::python_error();
    compiled_type = (PyTypeObject*)PyType_FromSpec(&spec);
    if (!compiled_type) throw nb::python_error();
    m.attr("Compiled") = nb::borrow((PyObject*)compiled_type);
    m.def("compile", &compile);
}

}  // namespace pellucid
