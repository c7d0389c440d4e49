/// `monitor COMMAND` in gdb: what its own commands cannot say.
#pragma once

#include <string_view>

namespace rt0::gdb {

class Stub;

class Monitor {
 public:
  explicit Monitor(Stub& stub) : stub_(stub) {}

  /// Does what a command says and tells the user on gdb's console.
  void run(std::string_view command);

 private:
  void execute(std::string_view command);
  void position();
  void go_to(std::string_view where);

  Stub& stub_;
};

}  // namespace rt0::gdb
