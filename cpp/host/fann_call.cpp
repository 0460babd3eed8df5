// A Python type of its own, as in compiled.cpp. It reads the net's arrays of weights where they are, so that a weight
// changed in place is seen; settings and the running error are looked up at each call. Whatever is not exactly right (a
// wrong length, something that is no number, a number that is not finite) goes to a Python function, which converts it
// or raises the error that teaches.
#include "fann_call.hpp"

#include <Python.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <structmember.h>

#include <cmath>
#include <cstddef>
#include <optional>

#include "fann.hpp"

namespace nb = nanobind;

namespace pellucid {
namespace {

enum Kind : int { RUN, TEST, TRAIN };

using Numbers = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

struct Net {
    nb::object net_object;  // keeps the FannNet
    const FannNet& net;
    const PellucidFannKernels& kernels;
    Kind kind;
    PellucidFannRules rules;
    Numbers weights;
    std::optional<Numbers> deltas;            // of training
    unsigned long long kernels_bytes, bytes;  // what the kernels use of a call's memory, and all of it
    Block scratch;                            // where the stack is too small
    std::atomic<bool> in_use{false};
};

struct Call {
    PyObject_HEAD vectorcallfunc call;
    Net* net;
    PyObject *slow, *settings, *memory;
};

// Names of attributes, made once.
PyObject *learning_rate, *learning_momentum, *error_function, *bit_fail_limit, *errors_name, *square_sum, *count,
    *bit_fails;

// An integer into `to`; false where it is none or too large.
bool take_integer(PyObject* item, double* to) {
    if (!PyLong_CheckExact(item)) return false;
    *to = PyLong_AsDouble(item);
    if (*to == -1.0 && PyErr_Occurred()) return PyErr_Clear(), false;
    return true;
}

// Numbers into `to`; false where one is none of the plain ones or not finite.
bool take_items(PyObject* const* items, Py_ssize_t n, double* to) {
    double nothing = 0;  // stays so with finite numbers only
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyFloat_Check(items[i]))
            to[i] = PyFloat_AS_DOUBLE(items[i]);
        else if (!take_integer(items[i], to + i))
            return false;
        nothing += to[i] * 0;
    }
    return nothing == 0;
}

// Float64 numbers of an array or another buffer.
bool take_buffer(PyObject* given, Py_ssize_t n, double* to) {
    Py_buffer view;
    if (PyObject_GetBuffer(given, &view, PyBUF_FORMAT | PyBUF_ND | PyBUF_STRIDES) != 0) return PyErr_Clear(), false;
    const bool fits = view.ndim == 1 && view.shape[0] == n && view.itemsize == sizeof(double) && view.format &&
                      view.format[0] == 'd' && view.format[1] == 0;
    bool finite = fits;
    for (Py_ssize_t i = 0; fits && i < n; i++) {
        std::memcpy(to + i, static_cast<const char*>(view.buf) + i * view.strides[0], sizeof(double));
        finite = finite && std::isfinite(to[i]);
    }
    PyBuffer_Release(&view);
    return finite;
}

bool take(PyObject* given, Py_ssize_t n, double* to) {
    if (PyList_CheckExact(given))
        return PyList_GET_SIZE(given) == n && take_items(((PyListObject*)given)->ob_item, n, to);
    if (PyTuple_CheckExact(given))
        return PyTuple_GET_SIZE(given) == n && take_items(((PyTupleObject*)given)->ob_item, n, to);
    return PyObject_CheckBuffer(given) && take_buffer(given, n, to);
}

PyObject* as_list(const double* from, int n) {
    PyObject* list = PyList_New(n);
    for (int i = 0; list && i < n; i++) {
        PyObject* number = PyFloat_FromDouble(from[i]);
        if (!number) {
            Py_DECREF(list);
            return nullptr;
        }
        PyList_SET_ITEM(list, i, number);
    }
    return list;
}

bool get(PyObject* from, PyObject* name, double* to) {
    PyObject* value = PyObject_GetAttr(from, name);
    if (!value) return false;
    *to = PyFloat_AsDouble(value);
    Py_DECREF(value);
    return !(*to == -1.0 && PyErr_Occurred());
}

bool get(PyObject* from, PyObject* name, long long* to) {
    PyObject* value = PyObject_GetAttr(from, name);
    if (!value) return false;
    *to = PyLong_AsLongLong(value);
    Py_DECREF(value);
    return !(*to == -1 && PyErr_Occurred());
}

// Takes `value`, which may be null.
bool set(PyObject* to, PyObject* name, PyObject* value) {
    const bool done = value && PyObject_SetAttr(to, name, value) == 0;
    Py_XDECREF(value);
    return done;
}

bool read_settings(Call* self, PellucidFannRules& rules) {
    long long by_tanh = 0;
    const bool read = get(self->settings, learning_rate, &rules.learning_rate) &&
                      get(self->settings, learning_momentum, &rules.momentum) &&
                      get(self->settings, bit_fail_limit, &rules.bit_fail_limit) &&
                      get(self->settings, error_function, &by_tanh);
    rules.error_tanh = by_tanh != 0;
    return read;
}

bool read_errors(PyObject* from, PellucidFannErrors& errors) {
    double sum = 0;
    const bool read =
        get(from, square_sum, &sum) && get(from, count, &errors.count) && get(from, bit_fails, &errors.bit_fails);
    errors.square_sum = float(sum);
    return read;
}

bool write_errors(PyObject* to, const PellucidFannErrors& errors) {
    return set(to, square_sum, PyFloat_FromDouble(double(errors.square_sum))) &&
           set(to, count, PyLong_FromLongLong(errors.count)) &&
           set(to, bit_fails, PyLong_FromLongLong(errors.bit_fails));
}

constexpr unsigned long long ON_STACK = 4096;

// Memory for one call: on the stack for the usual net, else the net's own, which only one call can have at a time.
class Room {
 public:
    explicit Room(Net& net) : net_(net), small_(net.bytes <= ON_STACK) {
        if (!small_) ours_ = !net.in_use.exchange(true);
    }
    ~Room() {
        if (ours_) net_.in_use = false;
    }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    bool granted() const { return small_ || ours_; }
    void* scratch() { return small_ ? on_stack_ : net_.scratch.get(); }
    // Behind what the kernels use: inputs, answers, targets.
    double* numbers() { return reinterpret_cast<double*>(static_cast<char*>(scratch()) + net_.kernels_bytes); }

 private:
    alignas(64) char on_stack_[ON_STACK];
    Net& net_;
    const bool small_;
    bool ours_ = false;
};

// run(x): null without an exception where it is a case for the slow way.
PyObject* run(Call* self, PyObject* given) {
    Net& net = *self->net;
    Room room(net);
    double *x = room.numbers(), *out = x + net.net->n_in;
    if (!room.granted() || !take(given, net.net->n_in, x)) return nullptr;
    net.kernels.answer(&net.net.record(), net.weights.data(), room.scratch(), x, out);
    return as_list(out, net.net->n_out);
}

// test(x, y) and train(x, y).
PyObject* learn(Call* self, PyObject* given, PyObject* wanted) {
    Net& net = *self->net;
    Room room(net);
    double *x = room.numbers(), *out = x + net.net->n_in, *y = out + net.net->n_out;
    if (!room.granted() || !take(given, net.net->n_in, x) || !take(wanted, net.net->n_out, y)) return nullptr;
    PyObject* running = PyObject_GetAttr(self->memory, errors_name);
    if (!running) return nullptr;
    PellucidFannErrors errors{};
    PyObject* answer = nullptr;
    if (read_settings(self, net.rules) && read_errors(running, errors)) {
        net.kernels.step(&net.net.record(), &net.rules, net.weights.data(), net.deltas ? net.deltas->data() : nullptr,
                         room.scratch(), x, y, out, &errors);
        if (write_errors(running, errors))
            answer = net.kind == TEST ? as_list(out, net.net->n_out) : Py_NewRef(Py_None);
    }
    Py_DECREF(running);
    return answer;
}

PyObject* vectorcall(PyObject* object, PyObject* const* args, size_t given, PyObject* names) {
    auto* self = (Call*)object;
    const Py_ssize_t positional = PyVectorcall_NARGS(given), wanted = self->net->kind == RUN ? 1 : 2;
    if (positional == wanted && (!names || PyTuple_GET_SIZE(names) == 0)) {
        PyObject* answer = wanted == 1 ? run(self, args[0]) : learn(self, args[0], args[1]);
        if (answer || PyErr_Occurred()) return answer;
    }
    return PyObject_Vectorcall(self->slow, args, given, names);
}

PyObject* retired(PyObject* object, PyObject* const* args, size_t given, PyObject* names) {
    return PyObject_Vectorcall(((Call*)object)->slow, args, given, names);
}

// For a net that became another one: whoever still holds the callable gets what the slow way answers now.
PyObject* retire(PyObject* self, PyObject*) {
    ((Call*)self)->call = retired;
    return Py_NewRef(Py_None);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(((Call*)self)->slow);
    Py_VISIT(((Call*)self)->settings);
    Py_VISIT(((Call*)self)->memory);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

int clear(PyObject* self) {
    Py_CLEAR(((Call*)self)->slow);
    Py_CLEAR(((Call*)self)->settings);
    Py_CLEAR(((Call*)self)->memory);
    return 0;
}

void finish(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    delete ((Call*)self)->net;
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Call, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyMethodDef methods[] = {
    {"retire", retire, METH_NOARGS, "From now on hand every call to the slow function."},
    {nullptr, nullptr, 0, nullptr},
};

const char doc[] =
    "run(x), test(x, y) or train(x, y) of one FANN net, made by the native engine.\n\n"
    "x and y are lists, tuples or float64 arrays. The net's weights are read (and changed) where they are.";

PyType_Slot slots[] = {
    {Py_tp_call, (void*)PyVectorcall_Call},
    {Py_tp_members, members},
    {Py_tp_methods, methods},
    {Py_tp_traverse, (void*)traverse},
    {Py_tp_clear, (void*)clear},
    {Py_tp_dealloc, (void*)finish},
    {Py_tp_doc, (void*)doc},
    {0, nullptr},
};

PyType_Spec spec = {
    "pellucid.engines._native.FannCall",
    sizeof(Call),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    slots,
};

PyTypeObject* call_type = nullptr;

const PellucidFannKernels& kernels_of(const std::string& level, bool strict) {
    const Level* chosen = level.empty() ? &best_level() : level_named(level);
    refuse_if(!chosen, "this machine has no instruction set named " + level);
    return *fann_kernels(chosen->name, strict);
}

nb::object make(int kind, const std::string& level, bool strict, nb::object net_object, Numbers weights,
                std::optional<Numbers> deltas, nb::object settings, nb::object memory, nb::object slow) {
    refuse_if(kind < RUN || kind > TRAIN, "no such kind of call");
    refuse_if((kind == TRAIN) != bool(deltas), "training needs deltas, and nothing else does");
    const FannNet& net = *nb::cast<const FannNet*>(net_object);
    const size_t n = size_t(net.n_connections());
    if (weights.size() != n || (deltas && deltas->size() != n)) throw nb::value_error("not one number a connection");
    auto made = std::make_unique<Net>(net_object, net, kernels_of(level, strict), Kind(kind), PellucidFannRules{},
                                      weights, deltas, 0ull, 0ull, Block());
    made->rules.right = !strict;
    const auto numbers = (unsigned long long)(net->n_in + 2 * net->n_out);
    made->kernels_bytes = made->kernels.row_bytes(&net.record());
    made->bytes = made->kernels_bytes + numbers * sizeof(double);
    if (made->bytes > ON_STACK) made->scratch = zeroed(made->bytes);
    Call* call = PyObject_GC_New(Call, call_type);
    if (!call) throw nb::python_error();
    call->call = vectorcall;
    call->net = made.release();
    call->slow = slow.release().ptr();
    call->settings = settings.release().ptr();
    call->memory = memory.release().ptr();
    PyObject_GC_Track(call);
    return nb::steal((PyObject*)call);
}

PyObject* interned(const char* text) {
    PyObject* name = PyUnicode_InternFromString(text);
    if (!name) throw nb::python_error();
    return name;
}

}  // namespace

void bind_fann_calls(nb::module_& m) {
    learning_rate = interned("learning_rate");
    learning_momentum = interned("learning_momentum");
    error_function = interned("train_error_function");
    bit_fail_limit = interned("bit_fail_limit");
    errors_name = interned("errors");
    square_sum = interned("square_sum");
    count = interned("count");
    bit_fails = interned("bit_fails");
    call_type = (PyTypeObject*)PyType_FromSpec(&spec);
    if (!call_type) throw nb::python_error();
    m.attr("FannCall") = nb::borrow((PyObject*)call_type);
    using namespace nb::literals;
    m.def("fann_call", &make, "kind"_a, "level"_a, "strict"_a, "net"_a, "weights"_a.noconvert(),
          "deltas"_a.none().noconvert(), "settings"_a.none(), "memory"_a.none(), "slow"_a);
}

}  // namespace pellucid
