// What the host tells the kernels of FANN's engine: a net in FANN's own order, and how it is trained. Plain numbers and
// pointers, as in plan.hpp.
//
// Neurons are numbered as in a `.net` file; connections are grouped by the neuron they lead to. All numbers are double;
// those that FANN keeps as float32 are doubles that were rounded to it.
#pragma once

extern "C" {

enum PellucidFannAlgorithm : int {
    FANN_INCREMENTAL,
    FANN_BATCH,
    FANN_RPROP,
    FANN_QUICKPROP,
    FANN_SARPROP,
    FANN_N_ALGORITHMS
};

constexpr int FANN_N_ACTIVATIONS = 18;

// The host's elementary functions: FANN's very numbers are made with those of the C library, one at a time.
struct PellucidFannLibrary {
    double (*exp)(double);
    double (*log)(double);
    double (*sin)(double);
    double (*cos)(double);
    void (*sin_and_cos)(double, double* sine, double* cosine);  // the same numbers, sooner
};

// Neighbouring neurons that take their values from the same place: from `n_sources` neighbours beginning with `source`,
// or, if `listed`, each from those that its connections name.
struct PellucidFannGroup {
    int first, count;
    int ones;  // so many neurons behind them have no connections: their value is 1
    int source, n_sources, listed;
    int first_run, n_runs;
    long long connection;  // the first neuron's first one
};

// Neighbouring neurons of one group that have the same function and steepness.
struct PellucidFannRun {
    int first, count;
    int activation, unused;
    double steepness;
};

struct PellucidFannNet {
    int n_in, n_out, n_neurons;
    int first_output;
    int n_groups, unused;
    const struct PellucidFannGroup* group;
    const struct PellucidFannRun* run;
    const long long* first;    // each neuron's first connection, and one past the last
    const long long* sources;  // of each connection; only read where `listed`
    const struct PellucidFannLibrary* library;
};

// `right`: what pellucid does by default; else FANN's very rules. See pellucid/fann/quirks.py.
struct PellucidFannRules {
    int algorithm, error_tanh, right, unused;
    double learning_rate, momentum, bit_fail_limit;
    double quickprop_decay, quickprop_mu;
    double increase, decrease, delta_min, delta_max, delta_zero;
    double weight_decay_shift, step_error_threshold_factor, step_error_shift, temperature;
};

// The running error: a sum of float32, how many outputs it is of, and how many of them are off by the limit or more.
struct PellucidFannErrors {
    float square_sum;
    unsigned unused;
    long long count, bit_fails;
};

// One number a connection; those that an algorithm does not use may be null.
struct PellucidFannState {
    double *weights, *steps, *slopes, *deltas;
};

struct PellucidFannData {
    const double *X, *Y;  // Y: null if nothing is measured
    long long n_rows;
};

// When a phase of cascade training ends: `stagnation` epochs after what is watched has last moved by more than
// `fraction` of itself, but not before epoch `least` (the first one is 0).
struct PellucidFannPatience {
    double fraction;
    long long stagnation, least;
};

// Candidates for the next neuron of a cascade, each of which sees all neurons before the outputs.
struct PellucidFannField {
    int n_candidates, n_seen, n_out, unused;
    const long long* activation;        // one a candidate, like `steepness`
    const double *steepness, *weights;  // (n_candidates, n_seen + n_out): from the neurons seen, and to the outputs
    const double *seen, *lacking;       // (n_rows, n_seen) and (n_rows, n_out): values, and the errors of the outputs
    long long n_rows;
    double limit;  // a score that ends the training, over the sum of squared errors
    const struct PellucidFannLibrary* library;
};

// One call of `train`: what to do, and what came of it.
struct PellucidFannCall {
    long long epochs;
    int stop_at_mse, stop_at_bit_fails;  // whether there is such a goal
    double goal_mse;
    long long goal_bit_fails;
    double* mse;  // for each epoch; may be null
    long long* bit_fails;
    long long sarprop_epoch;
    int (*draw)(void* host);  // SARPROP's random numbers, 0 .. 2^31 - 1
    void* host;
    // What the first epoch adds to; then that of the last epoch. Candidates: what they are to lessen, and it stays.
    struct PellucidFannErrors errors;
    // Written by the kernels:
    long long done;
    int reached, over;  // `over`: a phase of cascade training has ended
};

// How the members of a session wait for each other; see plan.hpp.
struct PellucidTeam;

// What one instruction set offers. `session` is zeroed memory of the size that was asked for, aligned to 64 bytes;
// `scratch` is memory of `row_bytes`, aligned likewise.
struct PellucidFannKernels {
    // With a patience (or `outputs_only`) it is an output phase: neurons before the outputs hold what they hold.
    unsigned long long (*session_bytes)(const struct PellucidFannNet*, long long n_rows, int members, int outputs_only);
    void (*begin)(void* session, const struct PellucidFannNet*, const struct PellucidFannRules*,
                  const struct PellucidFannData*, const struct PellucidFannState*, const struct PellucidFannPatience*,
                  int members);
    void (*train)(void* session, const struct PellucidTeam*, int member, struct PellucidFannCall*);
    // Answers of all rows into out (n_rows, n_out), or nowhere; adds their errors.
    void (*measure)(void* session, const struct PellucidTeam*, int member, double* out, struct PellucidFannErrors*);
    void (*finish)(const void* session, const struct PellucidFannState*);
    // Ends an output phase that was trained: the values that the outputs see (n_rows, neurons before the outputs), what
    // they lack (n_rows, n_out), and the errors that stand for it.
    void (*leave)(void* session, double* seen, double* lacking, struct PellucidFannErrors*);
    // The candidate phase. `score` and `weights` are those of the candidate whose place is returned.
    unsigned long long (*field_bytes)(const struct PellucidFannField*, int members);
    void (*begin_field)(void* session, const struct PellucidFannField*, const struct PellucidFannRules*,
                        const struct PellucidFannPatience*, int members);
    void (*train_field)(void* session, const struct PellucidTeam*, int member, struct PellucidFannCall*);
    int (*best_of_field)(const void* session, double* weights, double* score);
    // One row at a time, on the net's own arrays.
    unsigned long long (*row_bytes)(const struct PellucidFannNet*);
    void (*answer)(const struct PellucidFannNet*, const double* weights, void* scratch, const double* x, double* out);
    // Answers, adds the errors, and if `deltas` is given makes one incremental step.
    void (*step)(const struct PellucidFannNet*, const struct PellucidFannRules*, double* weights, double* deltas,
                 void* scratch, const double* x, const double* y, double* out, struct PellucidFannErrors*);
};
}
