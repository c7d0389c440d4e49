#include "emulator/kernel/elf.hpp"
