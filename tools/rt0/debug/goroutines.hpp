/// Goroutines as people ask for them: what each waits for, where its own code is, who started it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// A place in Go code.
struct CodeSpot {
  Addr pc;               ///< zero: nothing is known
  std::string function;  ///< "main.worker"
  std::string file;      ///< "" when there is no line
  int line = 0;

  Data::Fields fields() const;
  /// "main.worker main.go:12"; "-" for none.
  std::string text() const;
};

struct GoroutineInfo {
  Addr address;
  u64 id = 0;
  std::string name;    ///< "g1"
  std::string status;  ///< "_Gwaiting"
  std::string reason;  ///< "chan receive"; "" unless it waits
  std::string m;       ///< "m0", or "-"
  emulator::kernel::Tid thread = 0;  ///< that runs it, or works for it on g0; 0: none
  bool current = false;              ///< the one that is looked at
  bool runtimes = false;             ///< begins in a function of the runtime, as main's does not
  CodeSpot at;                       ///< where it is
  CodeSpot user;                     ///< its innermost frame that is not of Go's own packages; when
                                     ///< it has none, the frame of the function it began in
  CodeSpot go;                       ///< the go statement
  CodeSpot start;                    ///< the function it began in
  u64 parent = 0;                    ///< who started it, from 1.21 on; 0: not known

  Data::Fields fields() const;
};

/// Reads its stack, unless `places` is false.
GoroutineInfo goroutine_info(Debugger& d, const golang::G& g, bool places = true);

/// The instruction behind which it has its status, and the virtual time there; nothing when that
/// cannot be found. The past is searched: as costly as `who`.
std::optional<u64> status_since(Debugger& d, const golang::G& g);

/// Of Go's own packages, as far as its name and file tell; what is of package main, of its module
/// or of a path with a host's name is not.
/// `code` is a place in it.
bool of_go_itself(const Debugger& d, std::string_view function, Addr code);

/// What `goroutines` was asked for.
struct GoroutineQuery {
  enum class Place : u8 { user, at, go, start };
  struct Filter {
    bool with = true;   ///< without
    std::string key;    ///< running, user, status, reason, userloc, curloc, goloc, startloc
    std::string value;  ///< a part of it
  };
  Place place = Place::user;
  std::vector<Filter> filters;
  std::string group;  ///< a key of filters; "": none
  bool since = false;
  u64 frames = 0;  ///< of each
  u64 limit = 100;
  std::string command;  ///< to do for each
};
/// Throws base::UserError that says what there is.
GoroutineQuery parse_goroutine_query(Debugger& d, const Arguments& a);
/// What is grouped and filtered by: the value of a key.
std::string goroutine_key(const GoroutineInfo& g, std::string_view key);
bool matches(const GoroutineInfo& g, const GoroutineQuery& query);

}  // namespace rt0::debug
