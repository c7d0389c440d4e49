// Compiled, with debug information of DWARF 5, into a program that debug_info_test reads and nobody
// runs. No type has a name that Go has for another.
extern "C" {

struct Pair {
  int first;
  long second;
};

long sample_total;

__attribute__((noinline)) long sample_add(short a, const Pair* pair) {
  long sum = a + pair->second;
  sample_total += sum;
  return sum;
}

void _start() {
  const Pair pair = {1, 2};
  sample_total = sample_add(3, &pair);
  for (;;) {
  }
}
}
