// What the host tells the kernels: a network, how it is trained, and where things are. Plain numbers and pointers only,
// with fixed sizes, so that any host (the Python binding, JavaScript around the WebAssembly build) can write them.
//
// The numbers of rules, activations, losses and optimizers are their places in the tables of `pellucid.maths`.
#pragma once

extern "C" {

enum PellucidRule : int { DENSE, DROPOUT, N_RULES };

enum PellucidLoss : int {
    SQUARED_ERROR,
    HALF_SQUARED_ERROR,
    ABSOLUTE_ERROR,
    HUBER,
    BINARY_CROSS_ENTROPY,
    CROSS_ENTROPY,
    HINGE,
    POISSON,
    N_LOSSES
};

enum PellucidOptimizer : int { SGD, RMSPROP, ADAGRAD, ADAM, ADAMW, RPROP, QUICKPROP, SARPROP, N_OPTIMIZERS };

// A unit of a layer whose units have activations of their own: a = f(steepness z).
struct PellucidUnit {
    int activation, unused;
    double alpha, steepness;
};

struct PellucidLayer {
    int rule, activation;
    int n_in, n_out;
    int bias;         // dense: whether there is one
    unsigned key[2];  // of random numbers: dropout's before the epoch is folded in, sarprop's before t is
    int sees;         // 0: what the layer before it gave; 1: X and what all layers before it gave, side by side
    double alpha;     // the activation's parameter, if it has one
    double l1, l2;
    double max_norm;  // 0: no limit
    double rate;      // dropout: the share of values silenced
    // Read at the beginning only, by `begin`, `model_begin` and the functions that ask for sizes:
    const struct PellucidUnit* unit;  // n_out of them where the activation is "by unit"; else not looked at
    const unsigned char* mask;        // dense: n_in rows of n_out, 0 where there is no weight; null: all are there
};

struct PellucidPlan {
    int n_layers;
    int loss, optimizer;
    int n_slots;
    int batch;    // rows in one batch; at most n_rows
    int shuffle;  // whether an epoch of several batches goes in a random order
    int mean;     // reduction: 1 mean, 0 sum
    int members;  // threads that run a session together
    unsigned shuffle_key[2];
    long long n_rows;
    double delta;      // huber
    double clip;       // 0: no limit
    double option[9];  // the optimizer's, in the order of its table but without the learning rate
    const struct PellucidLayer* layer;
};

// Rows in C order, in the session's number type. Nothing is written to them.
struct PellucidData {
    const void *X, *Y;
    const void* weights;  // one for each row, or null: all 1
};

// How the members of a session wait for each other; with one member it is never called.
struct PellucidTeam {
    void* host;
    void (*meet)(void* host, int member);
};

// One call of `run`: what to do, and what came of it.
struct PellucidRun {
    long long steps;             // at most so many batches
    long long epochs;            // and at most so many epochs ends
    const double* numbers;       // for each step t: learning rate, 1 - beta1^t, 1 - beta2^t;
                                 // sarprop: learning rate, 2^(-temperature (t - 1)), t
    long long stride;            // from one step's numbers to the next; 0: the same for all
    double *losses, *penalties;  // for each epoch that ends, as `history` has them
    // Written by the kernels:
    long long steps_done, epochs_done;
    int diverged;  // the epoch under way met a number that is not finite, and was taken back
};

// What one instruction set offers for one number type. `session` and `model` are memory of the size that was asked
// for, aligned to 64 bytes, zeroed by the host; moments count back: 0 now, 1 the start of the last epoch, 2 of the one
// before.
struct PellucidKernels {
    unsigned long long (*session_bytes)(const struct PellucidPlan*);
    void (*begin)(void* session, const struct PellucidPlan*, const struct PellucidData*);
    // slot -1 is the parameter itself; which: 0 W, 1 b. Arrays are rows in C order.
    void (*write)(void* session, int layer, int which, int slot, const void* from);
    void (*read)(const void* session, int moment, int layer, int which, int slot, void* to);
    void (*run)(void* session, const struct PellucidTeam*, int member, struct PellucidRun*, long long epoch);
    int (*take_back)(void* session);  // gives the epoch under way up; whether there was one
    unsigned long long (*model_bytes)(const struct PellucidPlan*);
    void (*model_begin)(void* model, const struct PellucidPlan*);
    void (*model_write)(void* model, int layer, int which, const void* from);
    unsigned long long (*scratch_bytes)(const void* model, long long rows);
    void (*predict)(const void* model, void* scratch, const void* X, long long rows, void* out);
    // For tests: out = the activation at x, or its slope.
    void (*activation)(int activation, int slope, double alpha, const void* x, void* out, long long n);
    int lanes;  // numbers in a vector
};
}
