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

void sin_and_cos(double x, double* sine, double* cosine) {
#if defined(__GLIBC__)
    ::sincos(x, sine, cosine);  // of which sin and cos are the two halves
#else
    *sine = ::sin(x), *cosine = ::cos(x);
#endif
}

const PellucidFannLibrary library = {::exp, ::log, ::sin, ::cos, sin_and_cos};

void check_members(int members) { refuse_if(members < 1 || members > 1024, "members is not from 1 to 1024"); }

void check_rows(long long rows) { refuse_if(rows < 1 || rows > MOST_ROWS, "n_rows is not from 1 to 2**32"); }

std::unique_ptr<Team> team_of(int members) {
    try {
        return std::make_unique<Team>(members);
    } catch (const std::system_error&) {
        throw Fault("the system does not grant " + std::to_string(members) + " threads");
    }
}

// Calls `train` for some epochs at a time until all are done, or it is over, or so many seconds have passed.
template <class Train>
void train_for(PellucidFannCall& call, double seconds, Train train) {
    refuse_if(call.epochs < 0, "epochs is at least 0");
    const long long wanted = call.epochs;
    const auto began = std::chrono::steady_clock::now();
    double passed = 0;
    while (call.done < wanted && !call.reached && !call.over && (call.done == 0 || passed < seconds)) {
        // As many epochs as fit into what is left of the time, going by those that were done.
        const double fit = call.done ? std::floor((seconds - passed) / passed * double(call.done)) : 1;
        const long long left = wanted - call.done, most = fit < 1 ? 1 : (fit < 1e9 ? (long long)fit : 1000000000);
        call.epochs = left < most ? left : most;
        train();
        passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }
    call.epochs = wanted;
}

// Of the outputs: they are the last group, and learn by an algorithm that has steps.
void check_output_phase(const FannNet& net, const PellucidFannRules& rules, const PellucidFannData& data) {
    const PellucidFannGroup& last = net->group[net->n_groups - 1];
    refuse_if(last.first != net->first_output || last.count != net->n_out || last.listed,
              "outputs that do not see the same neurons");
    refuse_if(rules.algorithm <= FANN_BATCH, "this algorithm trains no cascade");
    refuse_if(!data.Y, "nothing to train for");
}

void check_field(const PellucidFannField& field) {
    refuse_if(field.n_candidates < 1 || field.n_candidates > MOST_NEURONS, "n_candidates is not from 1 to 2**24");
    refuse_if(field.n_seen < 1 || field.n_seen > MOST_NEURONS, "n_seen is not from 1 to 2**24");
    refuse_if(field.n_out < 1 || field.n_out > MOST_NEURONS, "n_out is not from 1 to 2**24");
    refuse_if((long long)field.n_candidates * (field.n_seen + field.n_out) > MOST_CONNECTIONS,
              "more than 2**36 connections");
    check_rows(field.n_rows);
    for (int c = 0; c < field.n_candidates; c++)
        refuse_if(field.activation[c] < 0 || field.activation[c] >= FANN_N_ACTIVATIONS, "no such activation");
}

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

const PellucidFannLibrary& fann_library() { return library; }

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
                         const PellucidFannData& data, const PellucidFannState& state, int members,
                         const PellucidFannPatience* patience)
    : kernels_(kernels), net_(net), data_(data), members_(members), is_output_phase_(patience) {
    const std::string fault = fann_fault(rules);
    refuse_if(!fault.empty(), fault);
    check_members(members);
    check_rows(data.n_rows);
    if (patience) check_output_phase(net, rules, data);
    memory_ = zeroed(kernels_.session_bytes(&net.record(), data.n_rows, members, is_output_phase_));
    kernels_.begin(memory_.get(), &net.record(), &rules, &data, &state, patience, members);
    team_ = team_of(members);
}

void FannSession::begin_again(const PellucidFannRules& rules, const PellucidFannState& state) {
    const std::string fault = fann_fault(rules);
    refuse_if(!fault.empty(), fault);
    refuse_if(is_output_phase_, "an output phase begins once");
    InUse use(in_use_);
    kernels_.begin(memory_.get(), &net_.record(), &rules, &data_, &state, nullptr, members_);
}

void FannSession::train(PellucidFannCall& call, double seconds) {
    InUse use(in_use_);
    train_for(call, seconds,
              [&] { team_->run([&](int member) { kernels_.train(memory_.get(), team_->handle(), member, &call); }); });
}

void FannSession::measure(double* out, PellucidFannErrors& errors) {
    InUse use(in_use_);
    team_->run([&](int member) { kernels_.measure(memory_.get(), team_->handle(), member, out, &errors); });
}

void FannSession::finish(const PellucidFannState& state) {
    InUse use(in_use_);
    kernels_.finish(memory_.get(), &state);
}

void FannSession::leave(double* seen, double* lacking, PellucidFannErrors& errors) {
    refuse_if(!is_output_phase_, "not an output phase");
    InUse use(in_use_);
    kernels_.leave(memory_.get(), seen, lacking, &errors);
}

FannCandidates::FannCandidates(const PellucidFannKernels& kernels, const PellucidFannField& field,
                               const PellucidFannRules& rules, const PellucidFannPatience& patience, int members)
    : kernels_(kernels) {
    const std::string fault = fann_fault(rules);
    refuse_if(!fault.empty(), fault);
    refuse_if(rules.algorithm <= FANN_BATCH, "this algorithm trains no cascade");
    check_members(members);
    check_field(field);
    memory_ = zeroed(kernels_.field_bytes(&field, members));
    kernels_.begin_field(memory_.get(), &field, &rules, &patience, members);
    team_ = team_of(members);
}

void FannCandidates::train(PellucidFannCall& call, double seconds) {
    InUse use(in_use_);
    train_for(call, seconds, [&] {
        team_->run([&](int member) { kernels_.train_field(memory_.get(), team_->handle(), member, &call); });
    });
}

int FannCandidates::best(double* weights, double& score) {
    InUse use(in_use_);
    return kernels_.best_of_field(memory_.get(), weights, &score);
}

}  // namespace pellucid
