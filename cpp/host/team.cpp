#include "team.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace pellucid {
namespace {

// A meeting usually takes less than a microsecond; a sleep and a call cost tens. So members look again and again for a
// while, soon letting other threads of the machine in between two looks, and sleep only when it takes long.
constexpr int LOOKS = 2000, POLITE_LOOKS = 200;

void breathe() {
#if defined(__SSE2__)
    _mm_pause();
#endif
}

}  // namespace

Team::Team(int size) : size_(size), handle_{this, [](void* host, int) { static_cast<Team*>(host)->meet(); }} {
    try {
        for (int member = 1; member < size; member++) threads_.emplace_back([this, member] { serve(member); });
    } catch (...) {
        // The system grants no more: those that have begun must end before they are forgotten.
        end();
        throw;
    }
}

Team::~Team() { end(); }

void Team::end() {
    over_ = true;
    call_++;
    call_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Team::wait_for(std::atomic<unsigned>& round, unsigned old) {
    for (int i = 0; i < LOOKS; i++) {
        if (round.load(std::memory_order_acquire) != old) return;
        breathe();
    }
    for (int i = 0; i < POLITE_LOOKS; i++) {
        if (round.load(std::memory_order_acquire) != old) return;
        std::this_thread::yield();
    }
    sleepers_++;
    while (round.load() == old) round.wait(old);
    sleepers_--;
}

void Team::meet() {
    const unsigned old = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
        arrived_.store(0, std::memory_order_relaxed);
        // Both sequentially consistent: whoever goes to sleep either sees the new round or is seen here.
        round_.store(old + 1);
        if (sleepers_.load() > 0) round_.notify_all();
    } else {
        wait_for(round_, old);
    }
}

void Team::run(const std::function<void(int)>& work) {
    work_ = &work;
    if (size_ > 1) {
        call_++;
        if (sleepers_.load() > 0) call_.notify_all();
    }
    work(0);
    if (size_ > 1) meet();
}

void Team::serve(int member) {
    unsigned seen = 0;
    while (true) {
        wait_for(call_, seen);
        seen = call_.load();
        if (over_) return;
        (*work_)(member);
        meet();
    }
}

}  // namespace pellucid
