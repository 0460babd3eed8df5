// cases_test CASES: every case that cases.py wrote from the NumPy engine, at every level and with one and two members.
//
// The same file is read by cases_test.mjs, for WebAssembly.
#include <deque>
#include <memory>
#include <type_traits>

#include "json.hpp"
#include "session.hpp"
#include "testing.hpp"

namespace {

using json::Value;
using testing::check;

double number_or(const Value& table, const std::string& name, double otherwise) {
    return table.has(name) ? table[name].number : otherwise;
}

// What the layers point to.
struct Lists {
    std::deque<std::vector<PellucidUnit>> units;
    std::deque<std::vector<unsigned char>> masks;
};

std::vector<PellucidLayer> layers_of(const Value& list, Lists& lists) {
    std::vector<PellucidLayer> layers;
    for (const Value& from : list.list) {
        PellucidLayer layer{};
        layer.rule = from["rule"].whole(), layer.activation = from["activation"].whole();
        layer.n_in = from["n_in"].whole(), layer.n_out = from["n_out"].whole();
        layer.bias = int(number_or(from, "bias", 0));
        layer.alpha = from["alpha"].number, layer.l1 = from["l1"].number, layer.l2 = from["l2"].number;
        layer.max_norm = from["max_norm"].number;
        layer.rate = number_or(from, "rate", 0);
        layer.sees = from["sees"].whole();
        if (from.has("unit")) {
            lists.units.emplace_back();
            for (const Value& unit : from["unit"].list)
                lists.units.back().push_back(
                    {unit["activation"].whole(), 0, unit["alpha"].number, unit["steepness"].number});
            layer.unit = lists.units.back().data();
        }
        if (from.has("mask")) {
            lists.masks.emplace_back();
            for (double bit : from["mask"].numbers()) lists.masks.back().push_back(bit != 0);
            layer.mask = lists.masks.back().data();
        }
        if (from.has("key"))
            for (size_t i = 0; i < 2; i++) layer.key[i] = unsigned(from["key"].list[i].number);
        layers.push_back(layer);
    }
    return layers;
}

PellucidPlan plan_of(const Value& from, int members) {
    PellucidPlan plan{};
    plan.loss = from["loss"].whole(), plan.optimizer = from["optimizer"].whole(),
    plan.n_slots = from["n_slots"].whole();
    plan.batch = from["batch"].whole(), plan.n_rows = from["n_rows"].whole();
    plan.shuffle = from["shuffle"].whole(), plan.mean = from["mean"].whole();
    plan.members = members;
    plan.delta = from["delta"].number, plan.clip = from["clip"].number;
    for (size_t i = 0; i < 2; i++) plan.shuffle_key[i] = unsigned(from["shuffle_key"].list[i].number);
    for (size_t i = 0; i < from["option"].list.size(); i++) plan.option[i] = from["option"].list[i].number;
    return plan;
}

template <class T>
std::vector<T> array_of(const Value& list) {
    const std::vector<double> numbers = list.numbers();
    return std::vector<T>(numbers.begin(), numbers.end());
}

template <class T>
void compare(const std::vector<T>& got, const std::vector<double>& want, double tolerance, const std::string& what) {
    double worst = 0;
    for (size_t i = 0; i < want.size(); i++) {
        const double error = std::fabs(double(got[i]) - want[i]) / std::max(1.0, std::fabs(want[i]));
        worst = error <= worst ? worst : error;  // NaN stays
    }
    check(got.size() == want.size() && worst <= tolerance,
          what + " is off by " + std::to_string(worst / tolerance) + " tolerances");
}

std::string named(const Value& entry) {
    return (entry["which"].whole() ? "b" : "W") + std::to_string(entry["layer"].whole() + 1) + " slot " +
           std::to_string(entry["slot"].whole());
}

// Runs a case in two calls, the second from wherever the first stopped, and compares all that comes of it.
template <class T>
void train(const Value& from, const pellucid::Level& level, int members) {
    const std::string where =
        from["name"].text + " on " + std::string(level.name) + " by " + std::to_string(members) + ": ";
    const double tolerance = from["tolerance"].number;
    const std::vector<T> X = array_of<T>(from["X"]), Y = array_of<T>(from["Y"]), weights = array_of<T>(from["weights"]);
    const PellucidData data{X.data(), Y.data(), weights.empty() ? nullptr : weights.data()};
    const PellucidPlan plan = plan_of(from["plan"], members);
    Lists lists;
    pellucid::Session session(level, std::is_same_v<T, double>, layers_of(from["layers"], lists), plan, data);
    for (const Value& entry : from["written"].list)
        session.write(entry["layer"].whole(), entry["which"].whole(), entry["slot"].whole(),
                      array_of<T>(entry["values"]).data());
    std::vector<double> numbers, losses(size_t(from["epochs"].whole())), penalties(losses.size());
    for (const Value& step : from["numbers"].list)
        for (const Value& number : step.list) numbers.push_back(number.number);
    const long long steps = (long long)(numbers.size() / 3);
    long long done = 0, epoch = 0;
    for (long long part : {steps / 3, steps - steps / 3}) {
        PellucidRun run{};
        run.steps = part, run.epochs = (long long)losses.size() - epoch;
        run.numbers = numbers.data() + 3 * done, run.stride = 3;
        run.losses = losses.data() + epoch, run.penalties = penalties.data() + epoch;
        session.run(run, epoch);
        check(!run.diverged, where + "diverged");
        done += run.steps_done, epoch += run.epochs_done;
    }
    check(done == steps && epoch == from["epochs"].whole(), where + "did not end");
    compare(losses, from["losses"].numbers(), tolerance, where + "the losses");
    compare(penalties, from["penalties"].numbers(), tolerance, where + "the penalties");
    for (const Value& entry : from["final"].list) {
        const int layer = entry["layer"].whole(), which = entry["which"].whole(), slot = entry["slot"].whole();
        std::vector<T> got(size_t(session.size_of(layer, which, slot)));
        session.read(0, layer, which, slot, got.data());
        compare(got, entry["values"].numbers(), tolerance, where + named(entry));
    }
}

// The network that NumPy ended with, answering the rows it was trained on.
template <class T>
void answer(const Value& from, const pellucid::Level& level) {
    Lists lists;
    pellucid::Answerer answerer(level, std::is_same_v<T, double>, layers_of(from["layers"], lists));
    for (const Value& entry : from["final"].list)
        if (entry["slot"].whole() == -1)
            answerer.write(entry["layer"].whole(), entry["which"].whole(), array_of<T>(entry["values"]).data());
    const std::vector<T> X = array_of<T>(from["X"]);
    const long long rows = from["plan"]["n_rows"].whole();
    std::vector<T> out(size_t(rows * answerer.n_out()));
    answerer.answer(X.data(), rows, out.data());
    compare(out, from["answers"].numbers(), from["tolerance"].number,
            from["name"].text + " on " + std::string(level.name) + ": the answers");
}

template <class T>
void run_case(const Value& from) {
    for (const pellucid::Level* level : testing::levels_here()) {
        for (int members : {1, 2}) train<T>(from, *level, members);
        answer<T>(from, *level);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::puts("cases_test CASES"), 2;
    const Value file = json::read_file(argv[1]);
    std::vector<testing::Test> tests;
    for (const Value& from : file["cases"].list)
        tests.push_back({from["name"].text.c_str(), [&from] {
                             from["dtype"].text == "float64" ? run_case<double>(from) : run_case<float>(from);
                         }});
    return testing::run_all(tests, 1, argv);
}
