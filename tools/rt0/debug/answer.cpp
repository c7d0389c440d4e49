#include "tools/rt0/debug/answer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/output.hpp"

namespace rt0::debug {

nlohmann::ordered_json Data::json() const {
  using Json = nlohmann::ordered_json;
  struct Writer {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool v) const { return v; }
    Json operator()(emulator::u64 v) const { return v; }
    Json operator()(emulator::i64 v) const { return v; }
    Json operator()(double v) const { return v; }
    Json operator()(emulator::Addr v) const { return emulator::base::hex(v); }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const List& v) const {
      Json out = Json::array();
      for (const Data& d : v) out.push_back(d.json());
      return out;
    }
    Json operator()(const Fields& v) const {
      Json out = Json::object();
      for (const auto& [name, d] : v) out[name] = d.json();
      return out;
    }
  };
  return std::visit(Writer{}, value_);
}

void Page::hanging(std::string_view text, std::size_t indent) {
  if (rows_ == 0) return line(text);
  for (bool more = true; more;) {
    const auto end = text.find('\n');
    std::string_view rest = text.substr(0, end);
    more = end != text.npos;
    text.remove_prefix(more ? end + 1 : text.size());
    const std::string first = wrapped(rest, width_);
    const auto fits = first.find('\n');
    if (fits == first.npos) {  // it is short enough, or has no place to be broken at
      line(rest);
      continue;
    }
    line(std::string_view(first).substr(0, fits));
    const std::string blanks(indent, ' ');
    std::string behind = wrapped(rest.substr(fits + 1), width_ - indent);
    for (std::size_t at = behind.find('\n'); at != behind.npos; at = behind.find('\n', at + 1))
      behind.insert(at + 1, blanks);
    line(blanks + behind);
  }
}

void Page::cut_line(std::string_view text) { line(cut(text, width_)); }

void Listing::item(Data::Fields fields, std::string text, std::size_t indent) {
  items_.emplace_back(std::move(fields));
  lines_.emplace_back(std::move(text), indent);
}

void Listing::also(std::string_view line, Data::Fields fields) {
  if (!line.empty()) lines_.emplace_back(line, 0);
  for (auto& f : fields) more_.push_back(std::move(f));
}

Data::Fields Listing::data() const {
  Data::Fields out = {{std::string(list_), items_}};
  out.insert(out.end(), more_.begin(), more_.end());
  return out;
}

void Table::row(std::vector<Cell> cells, bool marked) {
  rows_.push_back({std::move(cells), marked});
}

void Table::also(std::string line, Data::Fields fields) {
  if (!line.empty()) lines_.push_back(std::move(line));
  for (auto& f : fields) more_.push_back(std::move(f));
}

Data::Fields Table::data() const {
  Data::List list;
  for (const Row& row : rows_) {
    Data::Fields object;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (!columns_[i].key.empty() && !row.cells[i].data.empty())
        object.emplace_back(columns_[i].key, row.cells[i].data);
    if (!mark_.empty()) object.emplace_back(mark_, row.marked);
    list.emplace_back(std::move(object));
  }
  Data::Fields out = {{std::string(kind_), std::move(list)}};
  out.insert(out.end(), more_.begin(), more_.end());
  return out;
}

std::string Table::drawn(const std::function<std::string(std::size_t)>& text) const {
  std::string out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].heading.empty()) continue;
    const std::string cell = text(i);
    const std::size_t have = columns(cell);
    const std::size_t blanks = columns_[i].width - std::min(columns_[i].width, have);
    if (columns_[i].right) out.append(blanks, ' ');
    out += cell;
    if (!columns_[i].right) out.append(blanks, ' ');
    out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

void Table::draw(Page& page) const {
  const std::string_view none = mark_.empty() && !indented_ ? "" : "  ";
  if (!rows_.empty())
    page.cut_line(std::string(none) +
                  drawn([&](std::size_t i) { return std::string(columns_[i].heading); }));
  for (const Row& row : rows_)
    page.cut_line((row.marked ? "* " : std::string(none)) +
                  drawn([&](std::size_t i) { return row.cells[i].text; }));
  for (const std::string& line : lines_) page.line(line);
}

}  // namespace rt0::debug
