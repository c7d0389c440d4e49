/// Reads a trace of either form, as far as it goes.
#pragma once

#include <memory>
#include <string>

#include "traces/format/event.hpp"
#include "traces/format/strings.hpp"
#include "traces/format/writer.hpp"

namespace traces::format {

/// A trace that was cut short is read up to its last complete event (JSON Lines) or frame (rt0t).
/// Members throw base::UserError, one sentence that names the file and the place, for a trace that
/// is damaged or cannot be read.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  virtual Form form() const = 0;
  const Header& header() const { return header_; }

  /// The next event, or nullptr at the end. The event is overwritten by the next call; the views in
  /// it live as long as the reader.
  virtual const Event* next() = 0;

  /// The following next() gives the first event in the file whose n is at least `n`. rt0t goes
  /// there by its index.
  virtual void seek(InsnCount n) = 0;

  /// Whether the file lacks its end, and one sentence that says so. Of JSON Lines this is known
  /// when next() has reached the end; a file cut exactly between two lines does not show it.
  bool truncated() const { return !truncation_.empty(); }
  const std::string& truncation() const { return truncation_; }

 protected:
  Header header_;
  Strings strings_;
  std::string truncation_;
};

/// Opens a trace, "-" for standard input; which form it has is seen from its start.
std::unique_ptr<Reader> open_trace(const std::string& path);

/// Copies what is left of a trace; returns the number of events. Loses nothing, whichever the two
/// forms are.
u64 convert(Reader& from, Writer& to);

}  // namespace traces::format
