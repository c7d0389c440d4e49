/// Go's source files, where the host has them: the names in a program are those of the machine that
/// compiled it, or begin with a package when -trimpath was given.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/rt0/program.hpp"

namespace rt0::debug {

class Sources {
 public:
  /// `release`: the program's, as "go1.19.8". Only a GOROOT of that release is looked into: lines
  /// of another would be wrong ones.
  explicit Sources(std::string release);
  /// A file that is at hand, whatever the host has.
  void add(std::string_view name, std::string_view text);

  /// The lines of a file; null when it is nowhere to be found, or has more than 4 MiB.
  const std::vector<std::string>* file(std::string_view name);
  /// Line `number`, counted from 1, or nothing.
  std::optional<std::string> line(std::string_view name, int number);
  /// Where GOROOT is taken from; empty: there is none.
  const std::string& goroot() const { return goroot_; }
  /// Throws base::UserError when the directory is no GOROOT of that release. Empty: none.
  void set_goroot(const std::string& directory);

 private:
  bool is_goroot(const std::string& directory) const;

  std::string release_, goroot_;
  using Files = std::map<std::string, std::vector<std::string>, std::less<>>;
  Files files_;    ///< of the host; without lines: not found
  Files carried_;  ///< see add()
};

/// With the source of a program that rt0 carries.
Sources sources_of(const Program& program);

}  // namespace rt0::debug
