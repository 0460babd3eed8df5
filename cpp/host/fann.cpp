#include "fann.hpp"

#include <chrono>
#include <cmath>

extern "C" {
const PellucidFannKernels* pellucid_fann_baseline();
const PellucidFannKernels* pellucid_fann_strict_baseline();
#if defined(__x86_64__)
const PellucidFannKernels* pellucid_fann_v2();
const PellucidFannKernels* pellucid_fann_strict_v2();
const PellucidFannKernels* pellucid_fann_v3();
const PellucidFannKernels* pellucid_fann_strict_v3();
const PellucidFannKernels* pellucid_fann_v4();
const PellucidFannKernels* pellucid_fann_strict_v4();
#endif
}

namespace pellucid {
namespace {

// Sizes beyond these could overflow the kernels' arithmetic; no machine's memory reaches them.
constexpr long long MOST_NEURONS = 1 << 24, MOST_CONNECTIONS = 1ll << 36, MOST_ROWS = 1ll << 32;

const PellucidFannLibrary library = {::exp, ::log, ::sin, ::cos};

void check_sizes(const FannGiven& given) {
    refuse_if(given.layer_sizes.size() < 2, "a net has at least two layers");
    long long neurons = 0, connections = 0;
    for (long long size : given.layer_sizes) {
        refuse_if(size < 1 || size > MOST_NEURONS, "a layer's size is not from 1 to 2**24");
        neurons += size;
        refuse_if(neurons > MOST_NEURONS, "more than 2**24 neurons");
    }
    refuse_if(given.layer_sizes.back() - given.layered < 1, "no outputs");
    refuse_if(given.n_neurons != neurons, "not one entry a neuron");
    for (long long j = 0; j < neurons; j++) {
        refuse_if(given.n_inputs[j] < 0 || given.n_inputs[j] > neurons, "a neuron's number of inputs is out of range");
        connections += given.n_inputs[j];
        refuse_if(connections > MOST_CONNECTIONS, "more than 2**36 connections");
        refuse_if(given.activation[j] < 0 || given.activation[j] >= FANN_N_ACTIVATIONS, "no such activation");
    }
    refuse_if(given.n_connections != connections, "not one source a connection");
}

}  // namespace

const PellucidFannKernels* fann_kernels([[maybe_unused]] std::string_view level, bool strict) {
#if defined(__x86_64__)
    if (level == "x86-64-v4") return strict ? pellucid_fann_strict_v4() : pellucid_fann_v4();
    if (level == "x86-64-v3") return strict ? pellucid_fann_strict_v3() : pellucid_fann_v3();
    if (level == "x86-64-v2") return strict ? pellucid_fann_strict_v2() : pellucid_fann_v2();
#endif
    return strict ? pellucid_fann_strict_baseline() : pellucid_fann_baseline();
}

FannNet::FannNet(const FannGiven& given) {
    check_sizes(given);
    first_.push_back(0);
    for (long long j = 0; j < given.n_neurons; j++) first_.push_back(first_.back() + given.n_inputs[j]);
    if (given.sparse) sources_.assign(given.sources, given.sources + given.n_connections);
    long long start = 0;
    for (size_t k = 0; k < given.layer_sizes.size(); start += given.layer_sizes[k++]) add_layer(given, int(k), start);
    refuse_if(groups_.empty(), "no connections");
    net_.n_in = int(given.layer_sizes.front() - 1);
    net_.n_out = int(given.layer_sizes.back() - given.layered);
    net_.n_neurons = int(given.n_neurons);
    net_.first_output = int(given.n_neurons - given.layer_sizes.back());
    net_.n_groups = int(groups_.size());
    net_.group = groups_.data();
    net_.run = runs_.data();
    net_.first = first_.data();
    net_.sources = sources_.data();
    net_.library = &library;
}

void FannNet::add_layer(const FannGiven& given, int layer, long long start) {
    const long long size = given.layer_sizes[size_t(layer)];
    const long long from = layer && given.layered ? start - given.layer_sizes[size_t(layer - 1)] : 0;
    for (long long j = start; j < start + size; j++) {
        const long long n = given.n_inputs[j];
        refuse_if(layer == 0 && n > 0, "an input has connections");
        refuse_if(layer > 0 && n > (given.sparse ? start : start - from), "a neuron has more connections than sources");
        if (n == 0) {
            if (!groups_.empty()) groups_.back().ones++;
            continue;
        }
        for (long long c = first_[size_t(j)]; given.sparse && c < first_[size_t(j + 1)]; c++)
            refuse_if(given.sources[c] < 0 || given.sources[c] >= start, "a source is not a neuron of a layer before");
        add_neuron(given, int(j), int(start), int(from));
    }
}

void FannNet::add_neuron(const FannGiven& given, int neuron, int layer_start, int source) {
    const int n = int(given.n_inputs[neuron]);
    const bool fits = !groups_.empty() && groups_.back().first >= layer_start && groups_.back().ones == 0 &&
                      (given.sparse || groups_.back().n_sources == n);
    if (!fits) {
        PellucidFannGroup group{};
        group.first = neuron, group.source = source, group.n_sources = n, group.listed = given.sparse;
        group.first_run = int(runs_.size()), group.connection = first_[size_t(neuron)];
        groups_.push_back(group);
    }
    groups_.back().count++;
    add_run(given, neuron, !fits);
}

void FannNet::add_run(const FannGiven& given, int neuron, bool new_group) {
    const int activation = int(given.activation[neuron]);
    const double steepness = given.steepness[neuron];
    if (new_group || runs_.back().activation != activation || runs_.back().steepness != steepness) {
        runs_.push_back({neuron, 0, activation, 0, steepness});
        groups_.back().n_runs++;
    }
    runs_.back().count++;
}

std::string fann_fault(const PellucidFannRules& rules) {
    if (rules.algorithm < 0 || rules.algorithm >= FANN_N_ALGORITHMS) return "no such algorithm";
    return "";
}

FannSession::FannSession(const PellucidFannKernels& kernels, const FannNet& net, const PellucidFannRules& rules,
                         const PellucidFannData& data, const PellucidFannState& state, int members)
    : kernels_(kernels) {
    const std::string fault = fann_fault(rules);
    refuse_if(!fault.empty(), fault);
    refuse_if(members < 1 || members > 1024, "members is not from 1 to 1024");
    refuse_if(data.n_rows < 1 || data.n_rows > MOST_ROWS, "n_rows is not from 1 to 2**32");
    memory_ = zeroed(kernels_.session_bytes(&net.record(), data.n_rows, members));
    kernels_.begin(memory_.get(), &net.record(), &rules, &data, &state, members);
    try {
        team_ = std::make_unique<Team>(members);
    } catch (const std::system_error&) {
        throw Fault("the system does not grant " + std::to_string(members) + " threads");
    }
}

void FannSession::train(PellucidFannCall& call, double seconds) {
    refuse_if(call.epochs < 0, "epochs is at least 0");
    InUse use(in_use_);
    const long long wanted = call.epochs;
    const auto began = std::chrono::steady_clock::now();
    double passed = 0;
    while (call.done < wanted && !call.reached && (call.done == 0 || passed < seconds)) {
        // As many epochs as fit into what is left of the time, going by those that were done.
        const double fit = call.done ? std::floor((seconds - passed) / passed * double(call.done)) : 1;
        const long long left = wanted - call.done, most = fit < 1 ? 1 : (fit < 1e9 ? (long long)fit : 1000000000);
        call.epochs = left < most ? left : most;
        team_->run([&](int member) { kernels_.train(memory_.get(), team_->handle(), member, &call); });
        passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }
    call.epochs = wanted;
}

void FannSession::measure(double* out, PellucidFannErrors& errors) {
    InUse use(in_use_);
    team_->run([&](int member) { kernels_.measure(memory_.get(), team_->handle(), member, out, &errors); });
}

void FannSession::finish(const PellucidFannState& state) {
    InUse use(in_use_);
    kernels_.finish(memory_.get(), &state);
}

}  // namespace pellucid
