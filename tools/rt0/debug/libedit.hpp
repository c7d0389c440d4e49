/// libedit, loaded when a line is to be typed: no other command of rt0 needs it, and loading costs
/// a small program's run a noticeable part of its time.
#pragma once

#include <histedit.h>

namespace rt0::debug {

/// The functions of libedit that are used here, under their own names; see editline(3). Where there
/// is no libedit they are null.
class LibEdit {
 public:
  LibEdit();
  ~LibEdit();
  LibEdit(const LibEdit&) = delete;
  LibEdit& operator=(const LibEdit&) = delete;
  explicit operator bool() const { return library_ != nullptr; }

  decltype(&::el_init) el_init = nullptr;
  decltype(&::el_end) el_end = nullptr;
  decltype(&::el_set) el_set = nullptr;
  decltype(&::el_get) el_get = nullptr;
  decltype(&::el_gets) el_gets = nullptr;
  decltype(&::el_line) el_line = nullptr;
  decltype(&::el_insertstr) el_insertstr = nullptr;
  decltype(&::history_init) history_init = nullptr;
  decltype(&::history_end) history_end = nullptr;
  decltype(&::history) history = nullptr;

 private:
  void close();
  void* library_ = nullptr;
};

}  // namespace rt0::debug
