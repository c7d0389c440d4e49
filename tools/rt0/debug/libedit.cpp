#include "tools/rt0/debug/libedit.hpp"

#include <dlfcn.h>

#include <initializer_list>
#include <type_traits>

namespace rt0::debug {

LibEdit::LibEdit() {
  // Debian's name for the binary interface, then upstream's.
  for (const char* name : {"libedit.so.2", "libedit.so.0"})
    if (library_ == nullptr) library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) return;
  const auto load = [this](auto*& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library_, name));
    return function != nullptr;
  };
  const bool all = load(el_init, "el_init") && load(el_end, "el_end") && load(el_set, "el_set") &&
                   load(el_get, "el_get") && load(el_gets, "el_gets") && load(el_line, "el_line") &&
                   load(el_insertstr, "el_insertstr") && load(history_init, "history_init") &&
                   load(history_end, "history_end") && load(history, "history");
  if (!all) close();
}

LibEdit::~LibEdit() { close(); }

void LibEdit::close() {
  if (library_ != nullptr) dlclose(library_);
  library_ = nullptr;
}

}  // namespace rt0::debug
