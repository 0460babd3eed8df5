// The Python module `pellucid.engines._native`. Everything is checked here or in check.cpp before it reaches a kernel.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "activations.hpp"
#include "compiled.hpp"
#include "fann_binding.hpp"
#include "records.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pellucid {
namespace {

using Input = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<nb::c_contig, nb::device::cpu>;

template <class Array>
void require(const Array& array, bool wide, std::initializer_list<long long> shape, const char* name) {
    const bool right_type = array.dtype() == (wide ? nb::dtype<double>() : nb::dtype<float>());
    bool right_shape = array.ndim() == shape.size();
    size_t axis = 0;
    for (long long n : shape) right_shape = right_shape && (long long)array.shape(axis++) == n;
    if (!right_type) throw nb::type_error((std::string(name) + " is not " + (wide ? "float64" : "float32")).c_str());
    if (!right_shape) throw nb::value_error((std::string(name) + " has the wrong shape").c_str());
}

const Level& level_or_best(const std::string& name) {
    if (name.empty()) return best_level();
    const Level* level = level_named(name);
    refuse_if(!level, "this machine has no instruction set named " + name);
    return *level;
}

// A session and the arrays that it reads from.
struct Training {
    std::vector<Input> data;
    bool wide;
    Session session;
};

Training* begin(const std::string& level, bool wide, const std::vector<LayerRecord>& records, PellucidPlan plan,
                Input X, Input Y, std::optional<Input> weights) {
    std::vector<PellucidLayer> layers = plain_layers(records);
    refuse_if(layers.empty(), "no layers");
    require(X, wide, {plan.n_rows, layers.front().n_in}, "X");
    require(Y, wide, {plan.n_rows, layers.back().n_out}, "Y");
    if (weights) require(*weights, wide, {plan.n_rows}, "weights");
    const PellucidData data{X.data(), Y.data(), weights ? weights->data() : nullptr};
    std::vector<Input> kept{X, Y};
    if (weights) kept.push_back(*weights);
    return new Training{std::move(kept), wide, Session(level_or_best(level), wide, std::move(layers), plan, data)};
}

template <class Array>
void require_size(const Array& array, bool wide, long long size) {
    if (array.dtype() != (wide ? nb::dtype<double>() : nb::dtype<float>())) throw nb::type_error("wrong number type");
    if ((long long)array.size() != size) throw nb::value_error("wrong number of values");
}

// (steps done, epochs done, diverged); figures go into the two arrays.
nb::tuple run(Training& training, long long steps, long long epochs, Input numbers, Output losses, Output penalties,
              long long epoch) {
    refuse_if(steps < 0 || epochs < 0, "steps and epochs are at least 0");
    if (numbers.ndim() != 2 || numbers.dtype() != nb::dtype<double>() || numbers.shape(1) != 3 ||
        ((long long)numbers.shape(0) != 1 && (long long)numbers.shape(0) < steps))
        throw nb::value_error("numbers is not float64 (1, 3) or (steps, 3)");
    for (const Output* figures : {&losses, &penalties})
        if (figures->ndim() != 1 || figures->dtype() != nb::dtype<double>() || (long long)figures->shape(0) < epochs)
            throw nb::value_error("losses and penalties are not float64 (epochs,)");
    PellucidRun r{};
    r.steps = steps;
    r.epochs = epochs;
    r.numbers = static_cast<const double*>(numbers.data());
    r.stride = numbers.shape(0) == 1 ? 0 : 3;
    r.losses = static_cast<double*>(losses.data());
    r.penalties = static_cast<double*>(penalties.data());
    {
        nb::gil_scoped_release released;
        training.session.run(r, epoch);
    }
    return nb::make_tuple(r.steps_done, r.epochs_done, bool(r.diverged));
}

void set_mask(LayerRecord& self, Input mask) {
    if (mask.dtype() != nb::dtype<bool>()) throw nb::type_error("a mask is bool");
    const auto* from = static_cast<const unsigned char*>(mask.data());
    self.masks.assign(from, from + mask.size());
}

// For each unit its activation, alpha and steepness.
void set_units(LayerRecord& self, const std::vector<std::tuple<int, double, double>>& units) {
    self.units.clear();
    for (const auto& [activation, alpha, steepness] : units) self.units.push_back({activation, 0, alpha, steepness});
}

void bind_records(nb::module_& m) {
    nb::class_<LayerRecord> layer(m, "Layer", "One layer as the kernels take it: see cpp/kernels/plan.hpp.");
    layer.def("__init__", [](LayerRecord* self) { new (self) LayerRecord{}; })
        .def_rw("rule", &PellucidLayer::rule)
        .def_rw("activation", &PellucidLayer::activation)
        .def_rw("n_in", &PellucidLayer::n_in)
        .def_rw("n_out", &PellucidLayer::n_out)
        .def_rw("bias", &PellucidLayer::bias)
        .def_rw("alpha", &PellucidLayer::alpha)
        .def_rw("l1", &PellucidLayer::l1)
        .def_rw("l2", &PellucidLayer::l2)
        .def_rw("max_norm", &PellucidLayer::max_norm)
        .def_rw("rate", &PellucidLayer::rate)
        .def_rw("sees", &PellucidLayer::sees)
        .def("set_units", &set_units)
        .def("set_mask", &set_mask)
        .def("set_key", [](LayerRecord& self, unsigned low, unsigned high) { self.key[0] = low, self.key[1] = high; });
    nb::class_<PellucidPlan> plan(m, "Plan", "How to train, as the kernels take it: see cpp/kernels/plan.hpp.");
    plan.def("__init__", [](PellucidPlan* self) { new (self) PellucidPlan{}; })
        .def_rw("loss", &PellucidPlan::loss)
        .def_rw("optimizer", &PellucidPlan::optimizer)
        .def_rw("n_slots", &PellucidPlan::n_slots)
        .def_rw("batch", &PellucidPlan::batch)
        .def_rw("shuffle", &PellucidPlan::shuffle)
        .def_rw("mean", &PellucidPlan::mean)
        .def_rw("members", &PellucidPlan::members)
        .def_rw("n_rows", &PellucidPlan::n_rows)
        .def_rw("delta", &PellucidPlan::delta)
        .def_rw("clip", &PellucidPlan::clip)
        .def("set_shuffle_key", [](PellucidPlan& self, unsigned low,
                                   unsigned high) { self.shuffle_key[0] = low, self.shuffle_key[1] = high; })
        .def("set_options", [](PellucidPlan& self, const std::vector<double>& options) {
            refuse_if(options.size() > 9, "at most 9 options");
            for (size_t i = 0; i < options.size(); i++) self.option[i] = options[i];
        });
}

void bind_training(nb::module_& m) {
    nb::class_<Training>(m, "Session", "A training under way; see pellucid.engines.native_engine.")
        .def(nb::new_(&begin), "level"_a, "wide"_a, "layers"_a, "plan"_a, "X"_a, "Y"_a, "weights"_a.none())
        .def("write",
             [](Training& self, int layer, int which, int slot, Input from) {
                 require_size(from, self.wide, self.session.size_of(layer, which, slot));
                 self.session.write(layer, which, slot, from.data());
             })
        .def(
            "read",
            [](Training& self, int moment, int layer, int which, int slot, Output to) {
                require_size(to, self.wide, self.session.size_of(layer, which, slot));
                self.session.read(moment, layer, which, slot, to.data());
            },
            "moment"_a, "layer"_a, "which"_a, "slot"_a, "to"_a.noconvert())
        // Outputs are not converted: what is written into a copy is lost.
        .def("run", &run, "steps"_a, "epochs"_a, "numbers"_a, "losses"_a.noconvert(), "penalties"_a.noconvert(),
             "epoch"_a)
        .def("take_back", [](Training& self) { return self.session.take_back(); });
}

// For tests: one activation, or its slope, at many places.
void apply_activation(const std::string& level, int activation, bool slope, double alpha, Input x, Output out) {
    const bool wide = x.dtype() == nb::dtype<double>();
    require_size(x, wide, (long long)x.size());
    require_size(out, wide, (long long)x.size());
    refuse_if(!is_elementwise(activation), "no such elementwise activation");
    level_or_best(level).kernels(wide)->activation(activation, slope, alpha, x.data(), out.data(), (long long)x.size());
}

}  // namespace
}  // namespace pellucid

NB_MODULE(_native, m) {
    using namespace pellucid;
    m.doc() = "The native core: see cpp/README.md.";
    nb::exception<Fault>(m, "Fault", PyExc_ValueError);
    bind_records(m);
    bind_training(m);
    m.def("apply_activation", &apply_activation, "level"_a, "activation"_a, "slope"_a, "alpha"_a, "x"_a,
          "out"_a.noconvert());
    m.def(
        "levels",
        [] {
            std::vector<std::string> names;
            for (const Level& level : levels())
                if (level.runs_here()) names.emplace_back(level.name);
            return names;
        },
        "The instruction sets of this build that run here, the best first.");
    bind_compiled(m);
    bind_fann(m);
}
