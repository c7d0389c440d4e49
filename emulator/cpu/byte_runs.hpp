/// A string of bytes of any length: what a string instruction read, overwrote or wrote. Stretches
/// that repeat eight bytes take no room, so that it never takes more than what the guest has made
/// differ.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "emulator/base/types.hpp"

namespace emulator::cpu {

class ByteRuns {
 public:
  /// `size` bytes that repeat the bytes of `word`, or, when it does not repeat, lie at `bytes`.
  struct Run {
    u64 size = 0;
    bool repeats = false;
    u64 word = 0;
    const u8* bytes = nullptr;
  };

  u64 size() const { return size_; }
  void clear();
  void append(std::span<const u8> bytes);
  void append_repeated(u64 word, u64 size);
  /// Of a string that was put together element by element from its end: the other way round.
  void reverse(unsigned element);

  void copy(u64 offset, std::span<u8> to) const;
  /// Calls visit(Run) for all of it, from its start.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Piece& p : pieces_) visit(Run{p.size, p.repeats, p.word, bytes_.data() + p.at});
  }

 private:
  struct Piece {
    u64 size;
    u64 at;  // in bytes_, when it does not repeat
    u64 word;
    bool repeats;
  };
  bool at_end(const Piece& p) const { return p.at + p.size == bytes_.size(); }
  void settle();

  std::vector<Piece> pieces_;
  std::vector<u8> bytes_;
  u64 size_ = 0;
};

}  // namespace emulator::cpu
