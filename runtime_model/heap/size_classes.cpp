#include "runtime_model/heap/size_classes.hpp"

#include <algorithm>
#include <array>

namespace runtime_model::heap {
namespace {

struct SizeClass {
  emulator::u16 bytes;
  u8 pages;
};

// The sizes and spans that Go's generator (runtime/mksizeclasses.go) settles on: at most an eighth
// of an object is wasted, and of a span. The same from 1.17 to 1.27.
constexpr std::array<SizeClass, kSizeClasses> kClasses = {
    {{0, 0},     {8, 1},     {16, 1},     {24, 1},    {32, 1},    {48, 1},    {64, 1},
     {80, 1},    {96, 1},    {112, 1},    {128, 1},   {144, 1},   {160, 1},   {176, 1},
     {192, 1},   {208, 1},   {224, 1},    {240, 1},   {256, 1},   {288, 1},   {320, 1},
     {352, 1},   {384, 1},   {416, 1},    {448, 1},   {480, 1},   {512, 1},   {576, 1},
     {640, 1},   {704, 1},   {768, 1},    {896, 1},   {1024, 1},  {1152, 1},  {1280, 1},
     {1408, 2},  {1536, 1},  {1792, 2},   {2048, 1},  {2304, 2},  {2688, 1},  {3072, 3},
     {3200, 2},  {3456, 3},  {4096, 1},   {4864, 3},  {5376, 2},  {6144, 3},  {6528, 4},
     {6784, 5},  {6912, 6},  {8192, 1},   {9472, 7},  {9728, 6},  {10240, 5}, {10880, 4},
     {12288, 3}, {13568, 5}, {14336, 7},  {16384, 2}, {18432, 9}, {19072, 7}, {20480, 5},
     {21760, 8}, {24576, 3}, {27264, 10}, {28672, 7}, {32768, 4}}};

}  // namespace

u64 class_size(u8 size_class) { return kClasses.at(size_class).bytes; }
u64 class_pages(u8 size_class) { return kClasses.at(size_class).pages; }

u8 class_of(u64 size) {
  const auto first = std::ranges::lower_bound(kClasses, size, {}, &SizeClass::bytes);
  return static_cast<u8>(first - kClasses.begin());
}

u32 class_divmagic(u8 size_class) { return ~u32{0} / static_cast<u32>(class_size(size_class)) + 1; }

}  // namespace runtime_model::heap
