// Threads that work on one session together.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "plan.hpp"

namespace pellucid {

// `size` members: the calling thread is member 0, the others are threads that live as long as the team and sleep
// between two calls of `run`.
class Team {
 public:
    explicit Team(int size);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    // Calls work(member) once on every member at the same time, and returns when all are done.
    void run(const std::function<void(int)>& work);

    // How members wait for each other inside `work`.
    const PellucidTeam* handle() const { return &handle_; }

    int size() const { return size_; }

 private:
    void end();
    void serve(int member);
    void meet();
    void wait_for(std::atomic<unsigned>& round, unsigned old);

    const int size_;
    PellucidTeam handle_;
    // On cache lines of their own: they are written by all members in turn.
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> round_{0};
    alignas(64) std::atomic<unsigned> call_{0};
    alignas(64) std::atomic<int> sleepers_{0};
    std::atomic<bool> over_{false};
    const std::function<void(int)>* work_ = nullptr;
    std::vector<std::thread> threads_;
};

}  // namespace pellucid
