// A training under way, and a network that answers: the kernels' memory with its owner.
#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "check.hpp"
#include "levels.hpp"
#include "memory.hpp"
#include "team.hpp"

namespace pellucid {

struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void refuse_if(bool wrong, const std::string& what) {
    if (wrong) throw Fault(what);
}

// The shape of a dense layer's parameter: W (n_in, n_out), or b (n_out,).
inline long long parameter_size(const std::vector<PellucidLayer>& layers, int layer, int which) {
    refuse_if(layer < 0 || layer >= int(layers.size()), "no such layer");
    const PellucidLayer& is = layers[layer];
    refuse_if(is.rule != DENSE || which < 0 || which > 1 || (which == 1 && !is.bias),
              "the layer has no such parameter");
    return which ? is.n_out : (long long)is.n_in * is.n_out;
}

// Units and masks are read at the beginning only: whoever owns them need not keep them.
inline void forget_lists(std::vector<PellucidLayer>& layers) {
    for (PellucidLayer& layer : layers) layer.unit = nullptr, layer.mask = nullptr;
}

// Marks an object as in use while it lives; two uses at once are refused.
class InUse {
 public:
    explicit InUse(std::atomic<bool>& flag) : flag_(flag) {
        refuse_if(flag_.exchange(true), "this session is being used by another thread");
    }
    ~InUse() { flag_ = false; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

 private:
    std::atomic<bool>& flag_;
};

class Session {
 public:
    // `data` must live as long as the session.
    Session(const Level& level, bool wide, std::vector<PellucidLayer> layers, PellucidPlan plan,
            const PellucidData& data)
        : layers_(std::move(layers)), plan_(plan), kernels_(level.kernels(wide)) {
        plan_.n_layers = int(layers_.size());
        plan_.layer = layers_.data();
        const std::string fault = fault_of(plan_, true);
        refuse_if(!fault.empty(), fault);
        memory_ = zeroed(kernels_->session_bytes(&plan_));
        kernels_->begin(memory_.get(), &plan_, &data);
        forget_lists(layers_);
        try {
            team_ = std::make_unique<Team>(plan_.members);
        } catch (const std::system_error&) {
            throw Fault("the system does not grant " + std::to_string(plan_.members) + " threads");
        }
    }

    long long size_of(int layer, int which, int slot) const {
        refuse_if(slot < -1 || slot >= plan_.n_slots, "no such slot");
        return parameter_size(layers_, layer, which);
    }

    void write(int layer, int which, int slot, const void* from) {
        InUse use(in_use_);
        kernels_->write(memory_.get(), layer, which, slot, from);
    }

    void read(int moment, int layer, int which, int slot, void* to) {
        refuse_if(moment < 0 || moment > 2, "no such moment");
        InUse use(in_use_);
        kernels_->read(memory_.get(), moment, layer, which, slot, to);
    }

    void run(PellucidRun& run, long long epoch) {
        refuse_if(run.steps < 0 || run.epochs < 0 || epoch < 0, "steps, epochs and epoch are at least 0");
        InUse use(in_use_);
        team_->run([&](int member) { kernels_->run(memory_.get(), team_->handle(), member, &run, epoch); });
    }

    bool take_back() {
        InUse use(in_use_);
        return kernels_->take_back(memory_.get()) != 0;
    }

 private:
    std::vector<PellucidLayer> layers_;
    PellucidPlan plan_;
    const PellucidKernels* kernels_;
    Block memory_;
    std::unique_ptr<Team> team_;
    std::atomic<bool> in_use_{false};
};

// A network that answers. After the last `write` nothing changes it, and any number of threads may ask.
class Answerer {
 public:
    Answerer(const Level& level, bool wide, std::vector<PellucidLayer> layers)
        : layers_(std::move(layers)), kernels_(level.kernels(wide)), wide_(wide) {
        PellucidPlan plan{};
        plan.n_layers = int(layers_.size());
        plan.layer = layers_.data();
        const std::string fault = fault_of(plan, false);
        refuse_if(!fault.empty(), fault);
        memory_ = zeroed(kernels_->model_bytes(&plan));
        kernels_->model_begin(memory_.get(), &plan);
        forget_lists(layers_);
        row_scratch_ = kernels_->scratch_bytes(memory_.get(), 1);
    }

    long long size_of(int layer, int which) const { return parameter_size(layers_, layer, which); }
    void write(int layer, int which, const void* from) { kernels_->model_write(memory_.get(), layer, which, from); }
    int n_in() const { return layers_.front().n_in; }
    int n_out() const { return layers_.back().n_out; }
    bool wide() const { return wide_; }

    void answer(const void* X, long long rows, void* out) const {
        // The usual network and row fit on the stack; a call then asks the system for nothing.
        alignas(64) char on_stack[8192];
        if (rows == 1 && row_scratch_ <= sizeof on_stack) {
            // Columns that fill a vector up may hold anything finite: what an earlier call left here might not be.
            std::memset(on_stack, 0, row_scratch_);
            return kernels_->predict(memory_.get(), on_stack, X, rows, out);
        }
        const Block scratch = zeroed(kernels_->scratch_bytes(memory_.get(), rows));
        kernels_->predict(memory_.get(), scratch.get(), X, rows, out);
    }

 private:
    std::vector<PellucidLayer> layers_;
    const PellucidKernels* kernels_;
    bool wide_;
    Block memory_;
    unsigned long long row_scratch_;
};

}  // namespace pellucid
