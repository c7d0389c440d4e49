/// The file that a reader reads, at any offset.
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "emulator/base/input_file.hpp"
#include "emulator/base/types.hpp"

namespace traces::format {

class Input {
 public:
  /// Opens the file, or, for "-", standard input. What cannot be read at any offset (a pipe) is
  /// copied to a temporary file first, if it begins as a trace does. base::UserError when it cannot
  /// be read.
  explicit Input(const std::string& path);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  const std::string& name() const { return name_; }
  emulator::u64 size() const { return size_; }
  /// Fills `into` from `offset` on; returns how many bytes there were.
  std::size_t read(emulator::u64 offset, std::span<emulator::u8> into) const;

 private:
  void spool(int from);
  int descriptor() const { return copy_ != nullptr ? fileno(copy_.get()) : file_.descriptor(); }

  std::string name_;
  emulator::base::InputFile file_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> copy_{nullptr, std::fclose};
  emulator::u64 size_ = 0;
};

}  // namespace traces::format
