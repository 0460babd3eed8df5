// Enough of JSON to read what cases.py writes.
#pragma once

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace json {

struct Value {
    enum Kind { NONE, TRUTH, NUMBER, TEXT, LIST, TABLE } kind = NONE;
    double number = 0;  // a truth's is 0 or 1
    std::string text;
    std::vector<Value> list;
    std::map<std::string, Value> table;

    bool has(const std::string& name) const { return table.count(name) > 0; }

    const Value& operator[](const std::string& name) const {
        const auto found = table.find(name);
        if (found == table.end()) throw std::runtime_error("there is no \"" + name + "\"");
        return found->second;
    }

    int whole() const { return int(number); }

    std::vector<double> numbers() const {
        std::vector<double> all;
        for (const Value& value : list) all.push_back(value.number);
        return all;
    }
};

class Reader {
 public:
    explicit Reader(const std::string& text) : text_(text) {}

    Value read() {
        switch (next()) {
            case '{': return table();
            case '[': return list();
            case '"': return text();
            default: return word();
        }
    }

 private:
    char next() {
        while (at_ < text_.size() && std::isspace((unsigned char)text_[at_])) at_++;
        if (at_ == text_.size()) throw std::runtime_error("the JSON ends too early");
        return text_[at_];
    }

    void take(char wanted) {
        if (next() != wanted) throw std::runtime_error(std::string("the JSON lacks a ") + wanted);
        at_++;
    }

    // Whether the list or table under way goes on after an entry.
    bool more(char end) {
        if (next() == ',') return at_++, true;
        take(end);
        return false;
    }

    Value table() {
        Value value;
        value.kind = Value::TABLE;
        take('{');
        if (next() == '}') return at_++, value;
        do {
            const std::string name = text().text;
            take(':');
            value.table[name] = read();
        } while (more('}'));
        return value;
    }

    Value list() {
        Value value;
        value.kind = Value::LIST;
        take('[');
        if (next() == ']') return at_++, value;
        do value.list.push_back(read());
        while (more(']'));
        return value;
    }

    Value text() {
        Value value;
        value.kind = Value::TEXT;
        take('"');
        while (text_.at(at_) != '"') {
            if (text_[at_] == '\\') throw std::runtime_error("texts with a backslash are not read");
            value.text += text_[at_++];
        }
        at_++;
        return value;
    }

    Value word() {
        Value value;
        for (const auto& [name, kind, number] :
             {Word{"null", Value::NONE, 0}, Word{"true", Value::TRUTH, 1}, Word{"false", Value::TRUTH, 0}})
            if (text_.compare(at_, name.size(), name) == 0) {
                at_ += name.size();
                value.kind = kind, value.number = number;
                return value;
            }
        char* end;
        value.kind = Value::NUMBER;
        value.number = std::strtod(text_.c_str() + at_, &end);
        const size_t length = size_t(end - text_.c_str()) - at_;
        if (length == 0) throw std::runtime_error("the JSON has something that is no number");
        at_ += length;
        return value;
    }

    struct Word {
        std::string name;
        Value::Kind kind;
        double number;
    };

    const std::string& text_;
    size_t at_ = 0;
};

inline Value read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::stringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    return Reader(text).read();
}

}  // namespace json
