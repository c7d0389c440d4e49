/// Where a trace's bytes go. A seam, so that tests can plant a full disk.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "emulator/base/types.hpp"

namespace traces::format {

class Sink {
 public:
  explicit Sink(std::string name) : name_(std::move(name)) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Writes from the front of `bytes` until all is written or the system refuses. Returns how many
  /// bytes arrived; when that is fewer than asked for, errno says why.
  virtual std::size_t write(std::span<const emulator::u8> bytes) = 0;
  /// False when the system reports a late failure; errno says why. Nothing may be written
  /// afterwards.
  virtual bool close() { return true; }

  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// A file, created or truncated; base::UserError when it cannot be.
std::unique_ptr<Sink> file_sink(const std::string& path);

}  // namespace traces::format
