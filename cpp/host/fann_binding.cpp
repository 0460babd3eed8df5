// Everything is checked here or in fann.cpp before it reaches a kernel. See pellucid/fann/native_engine.py.
#include "fann_binding.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "fann.hpp"
#include "fann_call.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pellucid {
namespace {

using Whole = nb::ndarray<const long long, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Reals = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Given = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Table = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Answers = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<long long, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Running = std::tuple<double, long long, long long>;

FannNet* made_net(std::vector<long long> layer_sizes, bool layered, bool sparse, Whole n_inputs, Whole activation,
                  Given steepness, Whole sources) {
    refuse_if(activation.size() != n_inputs.size() || steepness.size() != n_inputs.size(), "not one entry a neuron");
    return new FannNet({std::move(layer_sizes), layered, sparse, n_inputs.data(), activation.data(), steepness.data(),
                        (long long)n_inputs.size(), sources.data(), (long long)sources.size()});
}

const PellucidFannKernels& kernels_of(const std::string& level, bool strict) {
    const Level* chosen = level.empty() ? &best_level() : level_named(level);
    refuse_if(!chosen, "this machine has no instruction set named " + level);
    return *fann_kernels(chosen->name, strict);
}

// Arrays of the net's, one number a connection; those that are not used are None.
struct State {
    std::optional<Reals> weights, steps, slopes, deltas;
};

double* place(const std::optional<Reals>& array, long long n) {
    if (!array) return nullptr;
    if ((long long)array->size() != n) throw nb::value_error("not one number a connection");
    return array->data();
}

PellucidFannState places(const State& state, long long n) {
    refuse_if(!state.weights, "no weights");
    return {place(state.weights, n), place(state.steps, n), place(state.slopes, n), place(state.deltas, n)};
}

// A session with all that it reads from.
struct FannTraining {
    nb::object net_object, X_object, Y_object;
    long long n_rows, n_out;
    bool has_targets;
    State state;
    PellucidFannState at;
    FannSession session;
};

FannTraining* begin(const std::string& level, bool strict, nb::object net_object, const PellucidFannRules& rules,
                    Table X, std::optional<Table> Y, Reals weights, std::optional<Reals> steps,
                    std::optional<Reals> slopes, std::optional<Reals> deltas, int members) {
    const FannNet& net = *nb::cast<const FannNet*>(net_object);
    const long long rows = (long long)X.shape(0), n = net.n_connections();
    if ((long long)X.shape(1) != net->n_in) throw nb::value_error("X has the wrong shape");
    if (Y && ((long long)Y->shape(0) != rows || (long long)Y->shape(1) != net->n_out))
        throw nb::value_error("Y has the wrong shape");
    const bool by_step = rules.algorithm != FANN_INCREMENTAL && rules.algorithm != FANN_BATCH;
    refuse_if(Y && by_step && (!steps || !slopes), "this algorithm needs steps and slopes");
    refuse_if(Y && rules.algorithm == FANN_INCREMENTAL && !deltas, "incremental training needs deltas");
    const State state{weights, steps, slopes, deltas};
    const PellucidFannState at = places(state, n);
    const PellucidFannData data{X.data(), Y ? Y->data() : nullptr, rows};
    return new FannTraining{
        net_object, nb::cast(X), Y ? nb::cast(*Y) : nb::none(),
        rows,       net->n_out,  bool(Y),
        state,      at,          FannSession(kernels_of(level, strict), net, rules, data, at, members)};
}

// The next random number of a Python callable. Member 0, who asks, is the thread that let the interpreter go; an
// exception waits until it is there again.
struct Drawing {
    nb::object draw;
    std::optional<nb::python_error> fault;

    static int next(void* host) {
        auto& self = *static_cast<Drawing*>(host);
        nb::gil_scoped_acquire held;
        if (self.fault) return 0;
        try {
            return nb::cast<int>(self.draw());
        } catch (nb::python_error& error) {
            self.fault.emplace(std::move(error));
        } catch (const std::exception&) {
            PyErr_SetString(PyExc_TypeError, "draw() has to give whole numbers from 0 to 2**31 - 1");
            self.fault.emplace();
        }
        return 0;
    }
};

PellucidFannErrors running_error(const Running& given) {
    return {float(std::get<0>(given)), 0, std::get<1>(given), std::get<2>(given)};
}

// `before`: the running error that the first epoch adds to. Gives (epochs done, reached, running error, SARPROP's
// epochs); figures of each epoch go into the two arrays.
std::tuple<long long, bool, Running, long long> train(FannTraining& training, long long epochs,
                                                      std::optional<double> mse, std::optional<long long> bit_fails,
                                                      Reals errors, Counts fails, long long sarprop_epoch,
                                                      nb::object draw, double seconds, const Running& before) {
    refuse_if(!training.has_targets, "nothing to train for");
    if ((long long)errors.size() < epochs || (long long)fails.size() < epochs)
        throw nb::value_error("no room for the figures of so many epochs");
    PellucidFannCall call{};
    call.epochs = epochs;
    call.stop_at_mse = bool(mse), call.goal_mse = mse.value_or(0);
    call.stop_at_bit_fails = bool(bit_fails), call.goal_bit_fails = bit_fails.value_or(0);
    call.mse = errors.data(), call.bit_fails = fails.data();
    call.sarprop_epoch = sarprop_epoch;
    call.errors = running_error(before);
    Drawing drawing{std::move(draw), std::nullopt};
    call.draw = Drawing::next, call.host = &drawing;
    {
        nb::gil_scoped_release released;
        training.session.train(call, seconds);
    }
    if (drawing.fault) {
        nb::python_error fault(std::move(*drawing.fault));
        drawing.fault.reset();
        throw fault;
    }
    const Running running{double(call.errors.square_sum), call.errors.count, call.errors.bit_fails};
    return {call.done, bool(call.reached), running, call.sarprop_epoch};
}

// Answers into `out`; the running error with those of all rows added.
Running measure(FannTraining& training, std::optional<Answers> out, const Running& before) {
    if (out && ((long long)out->shape(0) != training.n_rows || (long long)out->shape(1) != training.n_out))
        throw nb::value_error("out has the wrong shape");
    PellucidFannErrors errors = running_error(before);
    {
        nb::gil_scoped_release released;
        training.session.measure(out ? out->data() : nullptr, errors);
    }
    return {double(errors.square_sum), errors.count, errors.bit_fails};
}

void bind_rules(nb::module_& m) {
    nb::class_<PellucidFannRules> rules(m, "FannRules", "How to train, as the kernels take it: see fann/abi.hpp.");
    rules.def("__init__", [](PellucidFannRules* self) { new (self) PellucidFannRules{}; })
        .def_rw("algorithm", &PellucidFannRules::algorithm)
        .def_rw("error_tanh", &PellucidFannRules::error_tanh)
        .def_rw("right", &PellucidFannRules::right)
        .def_rw("learning_rate", &PellucidFannRules::learning_rate)
        .def_rw("momentum", &PellucidFannRules::momentum)
        .def_rw("bit_fail_limit", &PellucidFannRules::bit_fail_limit)
        .def_rw("quickprop_decay", &PellucidFannRules::quickprop_decay)
        .def_rw("quickprop_mu", &PellucidFannRules::quickprop_mu)
        .def_rw("increase", &PellucidFannRules::increase)
        .def_rw("decrease", &PellucidFannRules::decrease)
        .def_rw("delta_min", &PellucidFannRules::delta_min)
        .def_rw("delta_max", &PellucidFannRules::delta_max)
        .def_rw("weight_decay_shift", &PellucidFannRules::weight_decay_shift)
        .def_rw("step_error_threshold_factor", &PellucidFannRules::step_error_threshold_factor)
        .def_rw("step_error_shift", &PellucidFannRules::step_error_shift)
        .def_rw("temperature", &PellucidFannRules::temperature);
}

}  // namespace

void bind_fann(nb::module_& m) {
    bind_rules(m);
    bind_fann_calls(m);
    nb::class_<FannNet>(m, "FannNet", "A net in FANN's order, checked.")
        .def(nb::new_(&made_net), "layer_sizes"_a, "layered"_a, "sparse"_a, "n_inputs"_a, "activation"_a, "steepness"_a,
             "sources"_a);
    nb::class_<FannTraining>(m, "FannSession", "A training under way; see pellucid.fann.native_engine.")
        .def(nb::new_(&begin), "level"_a, "strict"_a, "net"_a, "rules"_a, "X"_a, "Y"_a.none(), "weights"_a.noconvert(),
             "steps"_a.none().noconvert(), "slopes"_a.none().noconvert(), "deltas"_a.none().noconvert(), "members"_a)
        // Outputs are not converted: what is written into a copy is lost.
        .def("train", &train, "epochs"_a, "mse"_a.none(), "bit_fails"_a.none(), "errors"_a.noconvert(),
             "fails"_a.noconvert(), "sarprop_epoch"_a, "draw"_a, "seconds"_a, "before"_a)
        .def("measure", &measure, "out"_a.none().noconvert(), "before"_a)
        .def("finish", [](FannTraining& self) { self.session.finish(self.at); });
}

}  // namespace pellucid
