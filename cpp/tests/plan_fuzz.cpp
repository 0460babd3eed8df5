// Plans made of random bytes: whatever fault_of lets through must be safe to lay out, and where it is small, to run.
//
// With Clang's libFuzzer it looks for new paths by itself (-DPELLUCID_FUZZER, see CMakeLists.txt). Otherwise
//     plan_fuzz [COUNT]
// goes through so many seeded inputs. What finds a fault is a sanitizer, or a check here that calls abort.
#include <climits>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>

#include "activations.hpp"
#include "session.hpp"
#include "testing.hpp"

namespace {

// Reads values from the input; behind its end everything is 0.
class Input {
 public:
    Input(const std::uint8_t* data, size_t size) : data_(data), end_(data + size) {}

    unsigned byte() { return data_ < end_ ? *data_++ : 0; }

    template <class T>
    T raw() {
        T value{};
        unsigned char bytes[sizeof(T)];
        for (unsigned char& b : bytes) b = (unsigned char)byte();
        std::memcpy(&value, bytes, sizeof(T));
        return value;
    }

    // Mostly within the bounds; one in 32 is at or beyond the edge of what is allowed.
    int whole(int low, int high) {
        static const int odd[] = {INT_MIN, -1, 0, 1, 1 << 16, 1 << 24, (1 << 24) + 1, INT_MAX};
        const unsigned b = byte();
        return b >= 248 ? odd[byte() % 8] : low + int(b % unsigned(high - low + 1));
    }

    double real(double likely) {
        static const double odd[] = {0,
                                     -0.0,
                                     -1,
                                     5e-324,
                                     1e-40,
                                     1e300,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::quiet_NaN()};
        const unsigned b = byte();
        if (b >= 252) return raw<double>();
        return b >= 240 ? odd[byte() % 8] : likely * (b % 16) / 8;
    }

 private:
    const std::uint8_t *data_, *end_;
};

struct Made {
    std::vector<PellucidLayer> layers;
    PellucidPlan plan{};
    // What the layers point to, in memory that ends where it should.
    std::vector<std::unique_ptr<PellucidUnit[]>> units;
    std::vector<std::unique_ptr<unsigned char[]>> masks;
};

// Lists as long as the layer says, up to what a test may ask for.
void add_lists(Made& made, PellucidLayer& layer, Input& input) {
    layer.unit = nullptr, layer.mask = nullptr;
    const bool small = layer.n_in > 0 && layer.n_in < 1000 && layer.n_out > 0 && layer.n_out < 1000;
    if (!small) return;
    if (layer.activation == BY_UNIT && input.byte() < 250) {
        made.units.push_back(std::make_unique<PellucidUnit[]>(size_t(layer.n_out)));
        layer.unit = made.units.back().get();
        const int other = input.whole(0, N_ACTIVATIONS - 1);
        for (int u = 0; u < layer.n_out; u++)
            made.units.back()[size_t(u)] = {input.byte() % 2   ? other
                                            : input.byte() % 8 ? TANH
                                                               : input.whole(0, TANH_STEPWISE),
                                            0, input.real(0.25), input.real(1)};
    }
    if (input.byte() % 4 == 0) {
        const size_t n = size_t(layer.n_in) * size_t(layer.n_out);
        made.masks.push_back(std::make_unique<unsigned char[]>(n));
        layer.mask = made.masks.back().get();
        for (size_t i = 0; i < n; i++) made.masks.back()[i] = input.byte() % 3;
    }
}

PellucidLayer layer_from(Input& input, int n_in, int seen) {
    PellucidLayer layer{};
    layer.sees = input.byte() % 3 ? 0 : input.whole(0, 1);
    if (layer.sees) n_in = seen;
    layer.rule = input.whole(0, 1);
    layer.activation = input.whole(0, N_ACTIVATIONS - 1);
    layer.n_in = input.byte() < 250 ? n_in : input.whole(1, 70);
    layer.n_out = layer.rule == DROPOUT ? layer.n_in : input.whole(1, 70);
    layer.bias = input.whole(0, 1);
    layer.key[0] = layer.key[1] = input.byte();
    layer.alpha = input.real(0.25), layer.l1 = input.real(0.01), layer.l2 = input.real(0.01);
    layer.max_norm = input.byte() % 4 ? 0 : input.real(1);
    layer.rate = input.real(0.25);
    return layer;
}

// Either bytes as they come, or a plan whose numbers are mostly sensible: most of those can be run.
Made made_from(Input& input) {
    Made made;
    const bool as_they_come = input.byte() < 16;
    const int depth = int(input.byte() % 5) + 1;
    int width = input.whole(1, 70);
    long long seen = width;
    for (int k = 0; k < depth; k++) {
        made.layers.push_back(as_they_come ? input.raw<PellucidLayer>() : layer_from(input, width, int(seen)));
        add_lists(made, made.layers.back(), input);
        width = made.layers.back().n_out;
        seen = std::min(seen + std::max(width, 0), 1ll << 25);
    }
    PellucidPlan& plan = made.plan;
    if (as_they_come) {
        plan = input.raw<PellucidPlan>();
    } else {
        plan.loss = input.whole(0, N_LOSSES - 1), plan.optimizer = input.whole(0, N_OPTIMIZERS - 1);
        plan.n_slots = plan.optimizer == SGD || plan.optimizer == ADAGRAD ? 1 : 2;
        plan.n_rows = input.byte() < 250 ? input.whole(1, 100) : input.raw<int>();
        plan.batch = int(plan.n_rows - input.whole(0, 20));
        plan.shuffle = input.whole(0, 1), plan.mean = input.whole(0, 1), plan.members = input.whole(1, 3);
        plan.shuffle_key[0] = input.byte();
        plan.delta = input.real(1), plan.clip = input.byte() % 4 ? 0 : input.real(1);
        for (double& option : plan.option) option = input.real(0.5);
        // Losses that only one activation goes with would otherwise be rare.
        int& last = made.layers.back().activation;
        if (plan.loss == BINARY_CROSS_ENTROPY && input.byte() < 250) last = SIGMOID;
        if (plan.loss == CROSS_ENTROPY && input.byte() < 250) last = SOFTMAX;
    }
    plan.n_layers = input.byte() < 252 ? int(made.layers.size()) : 0;
    plan.layer = made.layers.data();
    return made;
}

template <class T>
std::vector<T> array_from(Input& input, long long n) {
    std::vector<T> array(size_t(n), T(0));
    for (T& x : array) x = T(input.real(1));
    return array;
}

template <class T>
void train(const Made& made, const pellucid::Level& level, Input& input) {
    const long long rows = made.plan.n_rows;
    const std::vector<T> X = array_from<T>(input, rows * made.layers.front().n_in);
    const std::vector<T> Y = array_from<T>(input, rows * made.layers.back().n_out);
    const std::vector<T> weights = array_from<T>(input, input.byte() % 2 ? rows : 0);
    const PellucidData data{X.data(), Y.data(), weights.empty() ? nullptr : weights.data()};
    pellucid::Session session(level, sizeof(T) == 8, made.layers, made.plan, data);
    std::vector<std::vector<T>> state;
    const auto each = [&](auto use) {
        for (int layer = 0; layer < int(made.layers.size()); layer++)
            for (int which = 0; which < 2 && made.layers[size_t(layer)].rule == DENSE; which++)
                for (int slot = -1; slot < made.plan.n_slots; slot++)
                    if (which == 0 || made.layers[size_t(layer)].bias) use(layer, which, slot);
    };
    each([&](int layer, int which, int slot) {
        session.write(layer, which, slot, array_from<T>(input, session.size_of(layer, which, slot)).data());
    });
    for (int part = 0; part < 3; part++) {
        const double numbers[3] = {input.real(0.1), input.real(1), input.real(1)};
        double losses[2], penalties[2];
        PellucidRun run{};
        run.steps = input.byte() % 4, run.epochs = input.byte() % 3;
        run.numbers = numbers, run.losses = losses, run.penalties = penalties;
        session.run(run, input.byte());
        if (run.steps_done > run.steps || run.epochs_done > run.epochs) std::abort();
        if (input.byte() % 4 == 0) session.take_back();
    }
    each([&](int layer, int which, int slot) {
        std::vector<T> values(size_t(session.size_of(layer, which, slot)));
        session.read(int(input.byte() % 3), layer, which, slot, values.data());
    });
}

template <class T>
void answer(const Made& made, const pellucid::Level& level, Input& input) {
    pellucid::Answerer answerer(level, sizeof(T) == 8, made.layers);
    for (int layer = 0; layer < int(made.layers.size()); layer++)
        if (made.layers[size_t(layer)].rule == DENSE)
            answerer.write(layer, 0, array_from<T>(input, answerer.size_of(layer, 0)).data());
    const long long rows = 1 + input.byte() % 70;
    const std::vector<T> X = array_from<T>(input, rows * answerer.n_in());
    std::vector<T> out(size_t(rows * answerer.n_out()));
    answerer.answer(X.data(), rows, out.data());
}

// More than this is not run, only laid out.
constexpr unsigned long long SMALL = 1 << 20;
// And nothing that is let through may ask for more than this: it would be a sum that ran over.
constexpr unsigned long long ABSURD = 1ull << 60;

int one_input(const std::uint8_t* bytes, size_t size) {
    static const auto levels = testing::levels_here();
    Input input(bytes, size);
    const Made made = made_from(input);
    const pellucid::Level& level = *levels[input.byte() % levels.size()];
    const bool wide = input.byte() % 2;
    if (pellucid::fault_of(made.plan, false).empty()) {
        const unsigned long long needed = level.kernels(wide)->model_bytes(&made.plan);
        if (needed == 0 || needed > ABSURD) std::abort();
        if (needed < SMALL) wide ? answer<double>(made, level, input) : answer<float>(made, level, input);
    }
    if (!pellucid::fault_of(made.plan, true).empty()) return 0;
    const unsigned long long needed = level.kernels(wide)->session_bytes(&made.plan);
    if (needed == 0 || needed > ABSURD) std::abort();
    const long long values = made.plan.n_rows * (made.layers.front().n_in + made.layers.back().n_out);
    if (needed < SMALL && values < 20000 && made.plan.members <= 3)
        wide ? train<double>(made, level, input) : train<float>(made, level, input);
    return 1;
}

}  // namespace

#if defined(PELLUCID_FUZZER)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, size_t size) {
    one_input(bytes, size);
    return 0;
}

#else

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 800 * testing::THOROUGHNESS;
    std::mt19937_64 random(1);
    int let_through = 0;
    for (int i = 0; i < count; i++) {
        std::vector<std::uint8_t> bytes(200 + random() % 3000);
        for (auto& b : bytes) b = std::uint8_t(random());
        let_through += one_input(bytes.data(), bytes.size());
    }
    std::printf("%d of %d plans were let through\n", let_through, count);
    return let_through > count / 10 ? 0 : 1;
}

#endif
