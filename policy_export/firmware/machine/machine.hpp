// SPDX-License-Identifier: Apache-2.0
/// What the proof asks of the machine it runs on: files, and what its code takes.
#pragma once

#include <cstdint>

namespace machine {

int open(const char* name, bool to_write);
void read(int file, void* to, unsigned bytes);
void write(int file, const void* from, unsigned bytes);
void close(int file);

/// Instructions since some time, modulo 2^32; 0 where they are not counted.
std::uint32_t instructions();
/// Marks the stack below this call, and tells how much of it was used since.
void paint_stack();
std::int32_t stack_used();

}  // namespace machine
