// FANN's engine for hosts: a net that was checked, and a training with its memory and threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fann/abi.hpp"
#include "session.hpp"

namespace pellucid {

// A level's kernels; `strict` for FANN's very numbers. Null where the build leaves that level out.
const PellucidFannKernels* fann_kernels(std::string_view level, bool strict);

// A net as a `.net` file has it. Arrays are one entry a neuron or one a connection; their sizes are checked.
struct FannGiven {
    std::vector<long long> layer_sizes;  // with biases
    bool layered, sparse;
    const long long *n_inputs, *activation;
    const double* steepness;
    long long n_neurons;
    const long long* sources;
    long long n_connections;
};

// Owns what PellucidFannNet points to. Throws Fault for a net that the kernels cannot take.
class FannNet {
 public:
    explicit FannNet(const FannGiven& given);
    FannNet(const FannNet&) = delete;
    FannNet& operator=(const FannNet&) = delete;

    const PellucidFannNet* operator->() const { return &net_; }
    const PellucidFannNet& record() const { return net_; }
    long long n_connections() const { return first_.back(); }

 private:
    void add_layer(const FannGiven& given, int layer, long long start);
    void add_neuron(const FannGiven& given, int neuron, int layer_start, int source);
    void add_run(const FannGiven& given, int neuron, bool new_group);

    std::vector<PellucidFannGroup> groups_;
    std::vector<PellucidFannRun> runs_;
    std::vector<long long> first_, sources_;
    PellucidFannNet net_{};
};

// Empty if training can go by these rules.
std::string fann_fault(const PellucidFannRules& rules);

// The C library's functions.
const PellucidFannLibrary& fann_library();

// `net` and the data must live as long as this. With a patience it is the output phase of cascade training: `train` may
// then also end with `call.over`, and `leave` gives what the candidates need.
class FannSession {
 public:
    FannSession(const PellucidFannKernels& kernels, const FannNet& net, const PellucidFannRules& rules,
                const PellucidFannData& data, const PellucidFannState& state, int members,
                const PellucidFannPatience* patience = nullptr);

    // As if it were new, by these rules; what it trains is read from `state` again. Not for an output phase.
    void begin_again(const PellucidFannRules& rules, const PellucidFannState& state);
    // Trains until `call.epochs` are done, the goal is met or so many seconds have passed; at least one epoch.
    void train(PellucidFannCall& call, double seconds);
    void measure(double* out, PellucidFannErrors& errors);
    void finish(const PellucidFannState& state);
    void leave(double* seen, double* lacking, PellucidFannErrors& errors);

 private:
    const PellucidFannKernels& kernels_;
    const FannNet& net_;
    const PellucidFannData data_;
    const int members_;
    bool is_output_phase_;
    Block memory_;
    std::unique_ptr<Team> team_;
    std::atomic<bool> in_use_{false};
};

// The candidate phase of cascade training. The arrays that `field` points to must live as long as this.
class FannCandidates {
 public:
    FannCandidates(const PellucidFannKernels& kernels, const PellucidFannField& field, const PellucidFannRules& rules,
                   const PellucidFannPatience& patience, int members);

    // As FannSession's; ends with `call.over` when the best score has stopped to rise.
    void train(PellucidFannCall& call, double seconds);
    // The place of the best candidate, once there was an epoch; its weights and score.
    int best(double* weights, double& score);

 private:
    const PellucidFannKernels& kernels_;
    Block memory_;
    std::unique_ptr<Team> team_;
    std::atomic<bool> in_use_{false};
};

}  // namespace pellucid
