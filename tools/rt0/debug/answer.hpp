/// What a command answers: data with names, of which each face of the debugger makes what it shows.
/// Lines for people are drawn from the same data that tools get as JSON, so that nothing can be
/// said to one of them alone.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "emulator/base/types.hpp"
#include "tools/rt0/terminal.hpp"

namespace rt0::debug {

/// A value with a type: nothing, a truth, a number, an address, a text, a list, named fields.
/// Addresses are texts in JSON, "0xc000006000": not every reader of it has numbers of 64 bits.
class Data {
 public:
  using List = std::vector<Data>;
  using Fields = std::vector<std::pair<std::string, Data>>;

  Data() = default;
  Data(bool v) : value_(v) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Data(T v) : value_(emulator::u64{v}) {}
  template <std::signed_integral T>
  Data(T v) : value_(emulator::i64{v}) {}
  Data(double v) : value_(v) {}
  Data(emulator::Addr v) : value_(v) {}
  Data(std::string v) : value_(std::move(v)) {}
  Data(std::string_view v) : value_(std::string(v)) {}
  Data(const char* v) : value_(std::string(v)) {}
  Data(List v) : value_(std::move(v)) {}
  Data(Fields v) : value_(std::move(v)) {}
  template <class T>
  Data(const std::vector<T>& v) : value_(List(v.begin(), v.end())) {}
  template <class T>
  Data(const std::optional<T>& v) {
    if (v) *this = Data(*v);
  }

  bool empty() const { return std::holds_alternative<std::monostate>(value_); }
  nlohmann::ordered_json json() const;

 private:
  std::variant<std::monostate, bool, emulator::u64, emulator::i64, double, emulator::Addr,
               std::string, List, Fields>
      value_;
};

/// Where an answer is drawn for people.
class Page {
 public:
  /// `rows`: of a terminal; 0 for a file or pipe, whose lines are not broken either.
  Page(unsigned columns, unsigned rows, Paint colours)
      : paint(std::move(colours)), width_(columns), rows_(rows) {}

  /// One or more lines.
  void line(std::string_view lines) { (text_ += lines) += '\n'; }
  /// Broken at the page's width, what follows that far in: it reads as no line of its own.
  void hanging(std::string_view text, std::size_t indent);
  /// Cut to the page's width.
  void cut_line(std::string_view text);
  unsigned width() const { return width_; }
  const std::string& text() const { return text_; }

  Paint paint;

 private:
  unsigned width_, rows_;
  std::string text_;
};

class Answer {
 public:
  virtual ~Answer() = default;
  /// Its "e" in JSON.
  virtual std::string_view kind() const = 0;
  virtual Data::Fields data() const = 0;
  virtual void draw(Page& page) const = 0;
};

/// What one sentence, or a few lines, says.
class Fact : public Answer {
 public:
  Fact(std::string_view kind, Data::Fields data, std::string text)
      : kind_(kind), data_(std::move(data)), text_(std::move(text)) {}
  std::string_view kind() const override { return kind_; }
  Data::Fields data() const override { return data_; }
  void draw(Page& page) const override {
    if (!text_.empty()) page.line(text_);
  }

 private:
  std::string_view kind_;
  Data::Fields data_;
  std::string text_;
};

/// Things of one sort, each with its fields and the lines that tell it.
class Listing : public Answer {
 public:
  /// `list` is the field of JSON that holds them.
  Listing(std::string_view kind, std::string_view list) : kind_(kind), list_(list) {}
  /// What does not fit goes on that far in.
  void item(Data::Fields fields, std::string text, std::size_t indent = 4);
  /// A line that belongs to none of them, and fields beside the list. Either may be empty.
  void also(std::string_view line, Data::Fields fields = {});
  std::size_t size() const { return items_.size(); }

  std::string_view kind() const override { return kind_; }
  Data::Fields data() const override;
  void draw(Page& page) const override {
    for (const auto& [text, indent] : lines_) page.hanging(text, indent);
  }

 private:
  std::string_view kind_, list_;
  Data::List items_;
  Data::Fields more_;
  std::vector<std::pair<std::string, std::size_t>> lines_;
};

/// Rows in columns: for people under headings, for tools a list of objects.
class Table : public Answer {
 public:
  struct Column {
    std::string_view key;      ///< its field in JSON; "" when it is only drawn
    std::string_view heading;  ///< "" when it is not drawn
    std::size_t width = 0;     ///< that it has at least; the last one ends where its text does
    bool right = false;        ///< its texts end together
  };
  struct Cell {
    Cell(Data value, std::string shown) : data(std::move(value)), text(std::move(shown)) {}
    /// A text that is the data, too.
    Cell(std::string both) : data(both), text(std::move(both)) {}
    Data data;
    std::string text;
  };

  /// `kind` names the list too: {"e":"threads","threads":[…]}.
  Table(std::string_view kind, std::vector<Column> columns)
      : kind_(kind), columns_(std::move(columns)) {}
  /// As many cells as columns; `marked`: "*" stands in front.
  void row(std::vector<Cell> cells, bool marked = false);
  /// A line under the table, and fields beside the list.
  void also(std::string line, Data::Fields fields);
  /// Marks stand in front of rows, and their field is this.
  void mark(std::string_view key) { mark_ = key; }
  /// As far in as rows with marks.
  void indent() { indented_ = true; }
  std::size_t rows() const { return rows_.size(); }

  std::string_view kind() const override { return kind_; }
  Data::Fields data() const override;
  void draw(Page& page) const override;

 private:
  struct Row {
    std::vector<Cell> cells;
    bool marked;
  };
  std::string drawn(const std::function<std::string(std::size_t)>& text) const;

  std::string_view kind_, mark_;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
  std::vector<std::string> lines_;
  Data::Fields more_;
  bool indented_ = false;
};

}  // namespace rt0::debug
