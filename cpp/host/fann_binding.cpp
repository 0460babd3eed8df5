// Everything is checked here or in fann.cpp before it reaches a kernel. See pellucid/fann/native_engine.py.
#include "fann_binding.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <climits>
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
using Patience = std::tuple<double, long long, long long>;  // fraction, stagnation, least

PellucidFannPatience patience_of(const Patience& given) {
    return {std::get<0>(given), std::get<1>(given), std::get<2>(given)};
}

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

// What the algorithm remembers has a place.
void check_state(const PellucidFannRules& rules, const PellucidFannState& at) {
    const bool by_step = rules.algorithm != FANN_INCREMENTAL && rules.algorithm != FANN_BATCH;
    refuse_if(by_step && (!at.steps || !at.slopes), "this algorithm needs steps and slopes");
    refuse_if(rules.algorithm == FANN_INCREMENTAL && !at.deltas, "incremental training needs deltas");
}

// A session with all that it reads from.
struct FannTraining {
    nb::object net_object, X_object, Y_object;
    const FannNet& net;
    long long n_rows, n_out;
    bool has_targets;
    State state;
    PellucidFannState at;
    FannSession session;
};

FannTraining* begin(const std::string& level, bool strict, nb::object net_object, const PellucidFannRules& rules,
                    Table X, std::optional<Table> Y, Reals weights, std::optional<Reals> steps,
                    std::optional<Reals> slopes, std::optional<Reals> deltas, int members,
                    const std::optional<Patience>& patience) {
    const FannNet& net = *nb::cast<const FannNet*>(net_object);
    const long long rows = (long long)X.shape(0), n = net.n_connections();
    if ((long long)X.shape(1) != net->n_in) throw nb::value_error("X has the wrong shape");
    if (Y && ((long long)Y->shape(0) != rows || (long long)Y->shape(1) != net->n_out))
        throw nb::value_error("Y has the wrong shape");
    const State state{weights, steps, slopes, deltas};
    const PellucidFannState at = places(state, n);
    if (Y) check_state(rules, at);
    const PellucidFannData data{X.data(), Y ? Y->data() : nullptr, rows};
    const PellucidFannPatience rule = patience_of(patience.value_or(Patience{}));
    const PellucidFannKernels& kernels = kernels_of(level, strict);
    return new FannTraining{net_object,
                            nb::cast(X),
                            Y ? nb::cast(*Y) : nb::none(),
                            net,
                            rows,
                            net->n_out,
                            bool(Y),
                            state,
                            at,
                            FannSession(kernels, net, rules, data, at, members, patience ? &rule : nullptr)};
}

void begin_again(FannTraining& training, const PellucidFannRules& rules) {
    if (training.has_targets) check_state(rules, training.at);
    training.session.begin_again(rules, training.at);
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

Running running_of(const PellucidFannErrors& errors) {
    return {double(errors.square_sum), errors.count, errors.bit_fails};
}

// Trains with the interpreter let go; then raises what `draw` raised.
template <class Session>
void train_freely(Session& session, PellucidFannCall& call, nb::object draw, double seconds) {
    Drawing drawing{std::move(draw), std::nullopt};
    call.draw = Drawing::next, call.host = &drawing;
    {
        nb::gil_scoped_release released;
        session.train(call, seconds);
    }
    if (!drawing.fault) return;
    nb::python_error fault(std::move(*drawing.fault));
    drawing.fault.reset();
    throw fault;
}

// `before`: the running error that the first epoch adds to. Gives (epochs done, whether it is over, running error,
// SARPROP's epochs); figures of each epoch go into the two arrays, if they are given. Over: the goal is reached, or the
// phase of a cascade at its end.
std::tuple<long long, bool, Running, long long> train(FannTraining& training, long long epochs,
                                                      std::optional<double> mse, std::optional<long long> bit_fails,
                                                      std::optional<Reals> errors, std::optional<Counts> fails,
                                                      long long sarprop_epoch, nb::object draw, double seconds,
                                                      const Running& before) {
    refuse_if(!training.has_targets, "nothing to train for");
    refuse_if(bool(errors) != bool(fails), "both figures of the epochs, or none");
    if (errors && ((long long)errors->size() < epochs || (long long)fails->size() < epochs))
        throw nb::value_error("no room for the figures of so many epochs");
    PellucidFannCall call{};
    call.epochs = epochs;
    call.stop_at_mse = bool(mse), call.goal_mse = mse.value_or(0);
    call.stop_at_bit_fails = bool(bit_fails), call.goal_bit_fails = bit_fails.value_or(0);
    if (errors) call.mse = errors->data(), call.bit_fails = fails->data();
    call.sarprop_epoch = sarprop_epoch;
    call.errors = running_error(before);
    train_freely(training.session, call, std::move(draw), seconds);
    return {call.done, call.reached || call.over, running_of(call.errors), call.sarprop_epoch};
}

// Ends an output phase: fills the arrays; the errors of what is left, which are `before` where no epoch was measured.
Running leave(FannTraining& training, Answers seen, Answers lacking, const Running& before) {
    const long long rows = training.n_rows, n_seen = training.net->first_output;
    if ((long long)seen.shape(0) != rows || (long long)seen.shape(1) != n_seen)
        throw nb::value_error("seen has the wrong shape");
    if ((long long)lacking.shape(0) != rows || (long long)lacking.shape(1) != training.n_out)
        throw nb::value_error("lacking has the wrong shape");
    PellucidFannErrors errors = running_error(before);
    nb::gil_scoped_release released;
    training.session.leave(seen.data(), lacking.data(), errors);
    return running_of(errors);
}

// The candidate phase with all that it reads from.
struct Candidates {
    Table seen, lacking;
    long long n_weights;
    FannCandidates session;
};

Candidates* begin_candidates(const std::string& level, bool strict, const PellucidFannRules& rules, Whole activation,
                             Given steepness, Table weights, Table seen, Table lacking, double limit,
                             const Patience& patience, int members) {
    const size_t n = activation.size(), rows = seen.shape(0), sizes = seen.shape(1) + lacking.shape(1);
    refuse_if(n > INT_MAX || seen.shape(1) > INT_MAX || lacking.shape(1) > INT_MAX, "too many candidates or neurons");
    if (steepness.size() != n || weights.shape(0) != n) throw nb::value_error("not one entry a candidate");
    if (weights.shape(1) != sizes) throw nb::value_error("weights has the wrong shape");
    if (lacking.shape(0) != rows) throw nb::value_error("lacking has the wrong shape");
    const PellucidFannField field{int(n),
                                  int(seen.shape(1)),
                                  int(lacking.shape(1)),
                                  0,
                                  activation.data(),
                                  steepness.data(),
                                  weights.data(),
                                  seen.data(),
                                  lacking.data(),
                                  (long long)rows,
                                  limit,
                                  &fann_library()};
    const PellucidFannPatience rule = patience_of(patience);
    return new Candidates{seen, lacking, (long long)sizes,
                          FannCandidates(kernels_of(level, strict), field, rules, rule, members)};
}

// `total`: the errors that the candidates are to lessen. Gives (epochs done, whether the phase is over).
std::tuple<long long, bool> train_candidates(Candidates& candidates, long long epochs, long long sarprop_epoch,
                                             nb::object draw, double seconds, const Running& total) {
    PellucidFannCall call{};
    call.epochs = epochs, call.sarprop_epoch = sarprop_epoch, call.errors = running_error(total);
    train_freely(candidates.session, call, std::move(draw), seconds);
    return {call.done, bool(call.over)};
}

// Its weights go into the array; (its place, its score).
std::tuple<int, double> best_candidate(Candidates& candidates, Reals weights) {
    if ((long long)weights.size() != candidates.n_weights) throw nb::value_error("weights has the wrong shape");
    double score = 0;
    const int best = candidates.session.best(weights.data(), score);
    return {best, score};
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
    return running_of(errors);
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
        .def_rw("delta_zero", &PellucidFannRules::delta_zero)
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
             "steps"_a.none().noconvert(), "slopes"_a.none().noconvert(), "deltas"_a.none().noconvert(), "members"_a,
             "patience"_a.none())
        // Outputs are not converted: what is written into a copy is lost.
        .def("train", &train, "epochs"_a, "mse"_a.none(), "bit_fails"_a.none(), "errors"_a.none().noconvert(),
             "fails"_a.none().noconvert(), "sarprop_epoch"_a, "draw"_a, "seconds"_a, "before"_a)
        .def("measure", &measure, "out"_a.none().noconvert(), "before"_a)
        .def("begin_again", &begin_again, "rules"_a)
        .def("leave", &leave, "seen"_a.noconvert(), "lacking"_a.noconvert(), "before"_a)
        .def("finish", [](FannTraining& self) { self.session.finish(self.at); });
    nb::class_<Candidates>(m, "FannCandidates", "Candidates of cascade training; see pellucid.fann.native_engine.")
        .def(nb::new_(&begin_candidates), "level"_a, "strict"_a, "rules"_a, "activation"_a, "steepness"_a, "weights"_a,
             "seen"_a, "lacking"_a, "limit"_a, "patience"_a, "members"_a)
        .def("train", &train_candidates, "epochs"_a, "sarprop_epoch"_a, "draw"_a, "seconds"_a, "total"_a)
        .def("best", &best_candidate, "weights"_a.noconvert());
}

}  // namespace pellucid
