#include "check.hpp"

#include <cmath>

#include "activations.hpp"

namespace pellucid {
namespace {

// Sizes beyond these could overflow the kernels' arithmetic; no machine's memory reaches them.
constexpr int MOST_UNITS = 1 << 24;
constexpr long long MOST_ROWS = 1ll << 32, MOST_NUMBERS = 1ll << 40;

std::string at_layer(int k, const std::string& what) { return "layer " + std::to_string(k + 1) + ": " + what; }

bool is_within(double x, double low, double high) { return std::isfinite(x) && x >= low && x <= high; }

std::string unit_fault(const PellucidLayer& layer, bool training) {
    if (!layer.unit) return "no units";
    for (int u = 0; u < layer.n_out; u++) {
        const PellucidUnit& unit = layer.unit[u];
        if (!is_elementwise(unit.activation)) return "a unit has no elementwise activation";
        if (!std::isfinite(unit.alpha) || !std::isfinite(unit.steepness)) return "a unit's number is not finite";
        if (training && is_flat(unit.activation)) return "a threshold cannot be trained through";
    }
    return "";
}

std::string layer_fault(const PellucidLayer& layer, bool training) {
    if (layer.rule < 0 || layer.rule >= N_RULES) return "no such rule";
    if (layer.activation < 0 || layer.activation >= N_ACTIVATIONS) return "no such activation";
    if (layer.n_in < 1 || layer.n_in > MOST_UNITS) return "n_in is not from 1 to 2**24";
    if (layer.n_out < 1 || layer.n_out > MOST_UNITS) return "n_out is not from 1 to 2**24";
    if (layer.rule == DROPOUT && layer.n_in != layer.n_out) return "dropout keeps its width";
    if (layer.bias != 0 && layer.bias != 1) return "bias is not 0 or 1";
    if (layer.sees != 0 && layer.sees != 1) return "sees is not 0 or 1";
    if (layer.rule != DENSE && layer.mask) return "only dense layers have masks";
    if (!std::isfinite(layer.alpha)) return "alpha is not finite";
    if (!is_within(layer.l1, 0, INFINITY) || !is_within(layer.l2, 0, INFINITY))
        return "l1 or l2 is negative or not finite";
    if (!is_within(layer.max_norm, 0, INFINITY)) return "max_norm is negative or not finite";
    if (!(layer.rate >= 0 && layer.rate < 1)) return "rate is not from 0 up to 1";
    if (training && is_flat(layer.activation)) return "a threshold cannot be trained through";
    if (layer.activation == BY_UNIT) return unit_fault(layer, training);
    return "";
}

std::string training_fault(const PellucidPlan& plan) {
    if (plan.loss < 0 || plan.loss >= N_LOSSES) return "no such loss";
    if (plan.optimizer < 0 || plan.optimizer >= N_OPTIMIZERS) return "no such optimizer";
    const bool one_slot = plan.optimizer == SGD || plan.optimizer == ADAGRAD;
    if (plan.n_slots != (one_slot ? 1 : 2)) return "not the optimizer's number of slots";
    if (plan.n_rows < 1 || plan.n_rows > MOST_ROWS) return "n_rows is not from 1 to 2**32";
    if (plan.batch < 1 || plan.batch > plan.n_rows) return "batch is not from 1 to n_rows";
    if (plan.members < 1 || plan.members > 1024) return "members is not from 1 to 1024";
    if (!is_within(plan.clip, 0, INFINITY) || !is_within(plan.delta, 0, INFINITY)) return "clip or delta is not finite";
    for (double option : plan.option)
        if (!std::isfinite(option)) return "an option is not finite";
    // Losses that are only known together with their activation.
    const int last = plan.layer[plan.n_layers - 1].activation;
    if (plan.loss == BINARY_CROSS_ENTROPY && last != SIGMOID) return "binary cross entropy goes with sigmoid";
    if (plan.loss == CROSS_ENTROPY && last != SOFTMAX) return "cross entropy goes with softmax";
    return "";
}

}  // namespace

std::string fault_of(const PellucidPlan& plan, bool training) {
    if (plan.n_layers < 1 || !plan.layer) return "no layers";
    double numbers = 0, widths = 0;
    long long seen = plan.layer[0].n_in;  // values that a layer which sees all takes
    for (int k = 0; k < plan.n_layers; k++) {
        const PellucidLayer& layer = plan.layer[k];
        const std::string fault = layer_fault(layer, training);
        if (!fault.empty()) return at_layer(k, fault);
        if (k > 0 && layer.n_in != (layer.sees ? seen : plan.layer[k - 1].n_out))
            return at_layer(k, "n_in is not the number of values that it sees");
        seen += layer.n_out;
        if (layer.rule == DENSE) numbers += double(layer.n_in + 1) * layer.n_out;
        widths += layer.n_in + layer.n_out;
    }
    if (numbers > MOST_NUMBERS) return "more than 2**40 parameters";
    if (!training) return "";
    const std::string fault = training_fault(plan);
    if (!fault.empty()) return fault;
    return widths * plan.batch > MOST_NUMBERS ? "more than 2**40 activations in one batch" : "";
}

}  // namespace pellucid
